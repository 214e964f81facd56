// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "gatehouse/mcp/icon.h"

namespace gatehouse::mcp {

struct ServerInfo {
  std::string name;
  std::string title;
  std::string version;
  std::string description;
  std::string website_url;
  std::vector<Icon> icons;
  std::string instructions;  // for the model, sent at initialize and discover
};

}  // namespace gatehouse::mcp
