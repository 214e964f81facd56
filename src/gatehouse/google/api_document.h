// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "gatehouse/base/json.h"
#include "gatehouse/http/byte_budget.h"

namespace gatehouse::google {

// What Google answered, parsed. It counts among all answers that are held, as large as it came: who
// keeps it keeps others from being fetched once there are too many, so nobody keeps it for long.
class ApiDocument {
 public:
  ApiDocument(base::JsonDocument document, http::ByteBudget::Share held)
      : document_(std::move(document)), held_(std::move(held)) {}

  // Values die with the document; moving it leaves them alive.
  base::JsonValue root() const { return document_.root(); }

 private:
  base::JsonDocument document_;
  http::ByteBudget::Share held_;
};

}  // namespace gatehouse::google
