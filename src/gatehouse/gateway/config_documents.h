// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace gatehouse::gateway {

// docs/configuration.md and .env.example, made from the table in config.h.
std::string configuration_document();
std::string env_example();

}  // namespace gatehouse::gateway
