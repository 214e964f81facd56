// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "gatehouse/base/clock.h"
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

// A file that the person is to bring.
struct WantedFile {
  std::string name;  // clean
  std::string mime;  // well-formed; empty: not known
};

struct UploadLink {
  std::string url;
  std::string handle;  // stands for the file from now on, also before it has come
  base::SystemTime expires{};
};

// What has become of an upload.
struct Upload {
  enum class State {
    here,
    awaited,     // its link is still good
    never_came,  // and no longer
    unknown,     // no such handle, or its day is over
    of_another,  // another person's
  };
  State state = State::unknown;
  std::string file;      // when it is here: its handle in a draft of the account's
  std::string draft_id;  // that draft
};

// Links by which bytes pass between a person and their account, and not through the model. The
// gateway implements it.
class FileLinks {
 public:
  virtual ~FileLinks() = default;

  // Brings that file to the account's person and nobody else, once.
  virtual google::ApiTask<FileLink> link_to(const Account& account, const LinkedFile& file) = 0;
  // Takes one file of the person's into a draft of their mailbox.
  virtual google::ApiTask<UploadLink> link_for(const Account& account, const WantedFile& file) = 0;
  virtual google::ApiTask<Upload> find_upload(const Account& account,
                                              const std::string& handle) = 0;
};

}  // namespace gatehouse::workspace
