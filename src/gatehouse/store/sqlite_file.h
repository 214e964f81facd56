// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "gatehouse/base/result.h"

namespace gatehouse::store {

// Makes sure that there is a file of ours alone (0600, whatever the umask says) in a directory
// where SQLite can put its side files, which take the mode of the database. True when the file was
// made just now, empty. Errc::invalid_argument with the remedy in the detail.
base::Result<bool> prepare_database_file(const std::string& path);

}  // namespace gatehouse::store
