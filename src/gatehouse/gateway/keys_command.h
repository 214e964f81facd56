// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "gatehouse/gateway/config.h"

namespace gatehouse::gateway {

// `gatehouse keys new PATH`
int make_key_file(const std::string& path);

enum class RotationStep {
  begin,   // a key file gets another master key first; then every row is wrapped anew
  finish,  // every row is wrapped anew; when none was left under an older key, a file forgets those
};

// `gatehouse keys rotate`, while replicas serve. With a KMS both steps wrap anew under the first
// key of GATEHOUSE_KEY, and the operator leaves the older ones away afterwards.
int rotate_keys(const Config& config, RotationStep step);

}  // namespace gatehouse::gateway
