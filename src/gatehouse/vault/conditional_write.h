// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/store/record_store.h"

namespace gatehouse::vault {

// One conditional write whose answer may get lost. What was written is recognised by its write id,
// so the same write is never taken for somebody else's, and a repetition cannot apply twice.
// Gives the record as stored. Errc::conflict: somebody else's write stands, or the record is gone.
// Errc::unavailable: the outcome is unknown even after looking.
base::Task<store::RecordPtr> create_record(store::RecordStore& store, store::Record record);
base::Task<store::RecordPtr> replace_record(store::RecordStore& store, store::Record record);

}  // namespace gatehouse::vault
