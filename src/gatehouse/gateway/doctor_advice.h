// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "gatehouse/base/result.h"

namespace gatehouse::gateway {

// Whether AWS refused one action, and not the credentials, the table or the road to it: then
// another action may well work.
bool is_about_one_action(const base::Error& error);

// What AWS said, as a sentence, and what an operator does about it.
std::string with_advice(const base::Error& error);

}  // namespace gatehouse::gateway
