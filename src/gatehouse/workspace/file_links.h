// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "gatehouse/google/api_error.h"
#include "gatehouse/workspace/account.h"

namespace gatehouse::workspace {

// A file of the account that its person is to get.
struct LinkedFile {
  std::string handle;    // as the tools name it
  std::string name;      // clean
  std::size_t size = 0;  // in bytes, as Google says
};

struct FileLink {
  std::string url;
  std::chrono::minutes lifetime{};
};

// Links by which bytes pass between a person and their account, and not through the model. The
// gateway implements it.
class FileLinks {
 public:
  virtual ~FileLinks() = default;

  // Brings that file to the account's person and nobody else, once.
  virtual google::ApiTask<FileLink> link_to(const Account& account, const LinkedFile& file) = 0;
};

}  // namespace gatehouse::workspace
