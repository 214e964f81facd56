// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/secret.h"
#include "gatehouse/http/message.h"
#include "gatehouse/http/url.h"
#include "gatehouse/oauth/rejection.h"

namespace gatehouse::oauth {

// The form of a token or revocation request. Holds codes and tokens, so it is wiped at the end.
class FormBody {
 public:
  // invalid_request for another media type, over 16 KB, broken escapes, or a repeated parameter
  // (RFC 6749 section 3.2) other than `resource` (RFC 8707 section 2).
  static Judged<FormBody> read(const http::Request& request);

  FormBody(FormBody&&) = default;
  FormBody& operator=(FormBody&&) = default;
  ~FormBody();

  // A parameter without a value counts as absent (RFC 6749 section 3.2).
  std::optional<std::string_view> value(std::string_view name) const;
  std::vector<std::string_view> values(std::string_view name) const;
  base::Secret secret(std::string_view name) const;  // empty when absent

 private:
  explicit FormBody(http::FormFields fields) : fields_(std::move(fields)) {}

  http::FormFields fields_;
};

}  // namespace gatehouse::oauth
