// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "gatehouse/base/result.h"
#include "gatehouse/base/secret.h"

namespace gatehouse::base {

// A regular file's content; a pipe or device is refused, so reading never blocks. Errc::not_found
// when it is absent, Errc::invalid_argument (it says why) when it cannot be read or is larger than
// `bytes_max`.
Result<Secret> read_small_file(const std::string& path, std::size_t bytes_max);

}  // namespace gatehouse::base
