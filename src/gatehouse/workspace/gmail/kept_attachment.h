// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>

#include "gatehouse/base/clock.h"
#include "gatehouse/extract/format.h"
#include "gatehouse/workspace/gmail/attachment_plan.h"
#include "gatehouse/workspace/gmail/attachment_text.h"
#include "gatehouse/workspace/sealed_cache.h"

namespace gatehouse::workspace::gmail {

// The text of a file that did not fit an answer. Whoever reads on within minutes gets the rest
// without the file being fetched and converted again.
struct KeptAttachment {
  DeclaredFile declared;
  std::size_t size = 0;  // of the file, in bytes
  extract::Format format = extract::Format::empty;
  AttachmentText text;
};

// nullopt too for a plan that begins: it gets what Gmail has by now.
std::optional<KeptAttachment> find_kept_attachment(const SealedCache& cache,
                                                   const CacheOwner& owner,
                                                   const AttachmentPlan& plan,
                                                   base::SystemTime now);
void keep_attachment(SealedCache& cache, const CacheOwner& owner, const AttachmentPlan& plan,
                     const KeptAttachment& kept, base::SystemTime now);

}  // namespace gatehouse::workspace::gmail
