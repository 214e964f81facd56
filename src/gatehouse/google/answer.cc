// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/google/answer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <vector>

#include "gatehouse/base/json.h"

namespace gatehouse::google {
namespace {

using base::JsonDocument;
using base::JsonValue;

constexpr std::size_t kMessageMax = 200;
constexpr std::size_t kReasonsMax = 32;
constexpr std::size_t kBodyBytesMax = 256 * 1024;
constexpr std::chrono::seconds kDelayMax{24 * 3600};

// What Google says inside an error body; empty when it says nothing readable.
struct Complaint {
  std::string message;
  std::vector<std::string> reasons;
  bool concerns_project = false;

  bool names(std::initializer_list<std::string_view> wanted) const {
    return std::any_of(reasons.begin(), reasons.end(), [&](const std::string& reason) {
      return std::find(wanted.begin(), wanted.end(), reason) != wanted.end();
    });
  }
};

bool ends_in_url(std::string_view text) {
  const auto word = text.substr(text.find_last_of(' ') + 1);
  return word.find("://") != std::string_view::npos;
}

// How credentials of Google's and of ours begin.
constexpr std::array<std::string_view, 7> kCredentials{"ya29.", "1//",  "4/0",    "eyJ",
                                                       "gth_",  "AIza", "GOCSPX-"};
constexpr std::size_t kCredentialMin = 16;  // bytes; less is a word

bool is_letter_or_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool holds_credential(std::string_view word) {
  for (std::size_t at = 0; at + kCredentialMin <= word.size(); ++at) {
    if (at > 0 && is_letter_or_digit(word[at - 1])) continue;
    const std::string_view rest = word.substr(at);
    if (std::any_of(kCredentials.begin(), kCredentials.end(),
                    [&](std::string_view beginning) { return rest.starts_with(beginning); }))
      return true;
  }
  return false;
}

std::string without_credentials(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(" \t\r\n"), text.size());
    out += holds_credential(text.substr(0, end)) ? "(hidden)" : text.substr(0, end);
    text.remove_prefix(end);
    const std::size_t gap = std::min(text.find_first_not_of(" \t\r\n"), text.size());
    out += text.substr(0, gap);
    text.remove_prefix(gap);
  }
  return out;
}

// Words of Google's, safe to show: one line, bounded, printable, without credentials, and without
// the queries of URLs, which name our project.
std::string shown(std::string_view whole) {
  const std::string text = without_credentials(whole);
  std::string out;
  bool in_query = false;
  for (char c : text) {
    if (out.size() == kMessageMax) break;
    const bool is_space = static_cast<unsigned char>(c) <= 0x20;
    in_query = !is_space && (in_query || (c == '?' && ends_in_url(out)));
    if (in_query) continue;
    out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  }
  while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xc0) == 0x80) out.pop_back();
  if (!out.empty() && static_cast<unsigned char>(out.back()) >= 0xc0) out.pop_back();
  return out;
}

// The names of Google's limits end in what they count by: "defaultPerMinutePerProject",
// "ReadRequestsPerMinutePerUser", "QueriesPerMinutePerProjectPerUser".
bool is_of_project(std::string_view limit) {
  return limit.find("PerProject") != std::string_view::npos &&
         limit.find("PerUser") == std::string_view::npos;
}

void collect_reasons(const JsonValue& error, std::string_view list, Complaint& complaint) {
  auto items = error.find(list);
  if (!items) return;
  for (const JsonValue& item : items->elements()) {
    if (complaint.reasons.size() >= kReasonsMax) return;
    if (auto reason = item.find_string("reason")) complaint.reasons.emplace_back(*reason);
    const auto metadata = item.find("metadata");
    const auto limit = metadata ? metadata->find_string("quota_limit") : std::nullopt;
    if (limit) complaint.concerns_project = is_of_project(*limit);
  }
}

Complaint complaint_in(std::string_view body) {
  Complaint complaint;
  if (body.empty() || body.size() > kBodyBytesMax) return complaint;
  base::JsonLimits limits;
  limits.refuse_duplicate_names = false;
  auto document = JsonDocument::parse(body, limits);
  if (!document) return complaint;
  auto error = document->root().find("error");
  if (!error) return complaint;
  if (auto message = error->find_string("message")) complaint.message = shown(*message);
  if (auto status = error->find_string("status")) complaint.reasons.emplace_back(*status);
  collect_reasons(*error, "errors", complaint);
  collect_reasons(*error, "details", complaint);
  return complaint;
}

std::optional<std::chrono::seconds> until(std::string_view text, const char* format,
                                          base::SystemTime now) {
  std::tm parts{};
  std::string copy(text);
  if (strptime(copy.c_str(), format, &parts) == nullptr) return std::nullopt;
  std::chrono::seconds then(timegm(&parts));
  return std::clamp(then - now.time_since_epoch(), std::chrono::seconds(0), kDelayMax);
}

ApiError fault(ApiFault code, std::string message, int status) {
  return {code, std::move(message), std::nullopt, status};
}

std::string with_words(std::string ours, const Complaint& complaint) {
  if (!complaint.message.empty()) ours += " Google says: " + complaint.message;
  return ours;
}

Verdict rate_limited(const Complaint& complaint, int status, Step step) {
  Verdict verdict;
  verdict.step = step;
  verdict.concerns_project = complaint.concerns_project;
  verdict.error =
      fault(ApiFault::rate_limited,
            with_words(complaint.concerns_project
                           ? "Google limits how fast all users of this gateway may read together."
                           : "Google limits how fast this account may be read.",
                       complaint),
            status);
  return verdict;
}

Verdict final_fault(ApiFault code, std::string message, int status) {
  Verdict verdict;
  verdict.error = fault(code, std::move(message), status);
  return verdict;
}

Verdict judge_forbidden(const Complaint& complaint) {
  if (complaint.names(
          {"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "RATE_LIMIT_EXCEEDED"})) {
    return rate_limited(complaint, 403, Step::wait_and_retry);
  }
  if (complaint.names({"dailyLimitExceeded", "sharingRateLimitExceeded"}))
    return rate_limited(complaint, 403, Step::give_up);
  if (complaint.names({"insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"})) {
    return final_fault(ApiFault::scope_missing,
                       "Google was not given permission for this when you signed in.", 403);
  }
  if (complaint.names(
          {"accessNotConfigured", "SERVICE_DISABLED", "domainPolicy", "ACCOUNT_DISABLED"})) {
    return final_fault(ApiFault::blocked_by_admin,
                       with_words("An administrator has not allowed this.", complaint), 403);
  }
  if (complaint.names({"exportSizeLimitExceeded"})) {
    return final_fault(ApiFault::too_large, "The file is too large for Google to convert.", 403);
  }
  return final_fault(ApiFault::not_found_or_no_access, "This account has no access to it.", 403);
}

Verdict judge_bad_request(const Complaint& complaint) {
  if (complaint.names({"failedPrecondition"})) {
    return final_fault(
        ApiFault::blocked_by_admin,
        with_words("Google refuses this for the account as it is set up.", complaint), 400);
  }
  // Docs, Sheets and Slides say this of a revision that is no longer the current one.
  if (complaint.names({"FAILED_PRECONDITION"})) {
    return final_fault(ApiFault::conflict,
                       with_words("It was changed by somebody else meanwhile.", complaint), 400);
  }
  return final_fault(ApiFault::invalid_argument,
                     with_words("Google does not accept the request.", complaint), 400);
}

Verdict judge_by_status(int status, const Complaint& complaint) {
  switch (status) {
    case 400:
      return judge_bad_request(complaint);
    case 401: {
      Verdict verdict;
      verdict.step = Step::renew_token;
      verdict.error =
          fault(ApiFault::reconsent_needed, "Google no longer accepts this sign-in.", 401);
      return verdict;
    }
    case 403:
      return judge_forbidden(complaint);
    case 404:
    case 410:
      return final_fault(ApiFault::not_found_or_no_access,
                         "It does not exist, or this account has no access to it.", status);
    case 409:
    case 412:
      return final_fault(ApiFault::conflict, "It was changed by somebody else meanwhile.", status);
    case 413:
      return final_fault(ApiFault::too_large, "It is too large for Google.", status);
    case 429:
      return rate_limited(complaint, 429, Step::wait_and_retry);
    default:
      break;
  }
  Verdict verdict;
  bool transient = status == 408 || status >= 500;
  verdict.step = transient ? Step::retry_if_safe : Step::give_up;
  verdict.error = fault(ApiFault::google_unavailable,
                        "Google answered with an error (" + std::to_string(status) + ").", status);
  return verdict;
}

}  // namespace

std::optional<std::chrono::seconds> stated_delay(std::string_view retry_after,
                                                 std::string_view message, base::SystemTime now) {
  if (!retry_after.empty()) {
    std::int64_t seconds = 0;
    auto [end, error] =
        std::from_chars(retry_after.data(), retry_after.data() + retry_after.size(), seconds);
    if (error == std::errc() && end == retry_after.data() + retry_after.size() && seconds >= 0 &&
        seconds < 1'000'000) {
      return std::min(std::chrono::seconds(seconds), kDelayMax);
    }
    if (auto delay = until(retry_after, "%a, %d %b %Y %H:%M:%S GMT", now)) return delay;
  }
  constexpr std::string_view kMark = "Retry after ";
  std::size_t at = message.find(kMark);
  if (at == std::string_view::npos) return std::nullopt;
  return until(message.substr(at + kMark.size(), 19), "%Y-%m-%dT%H:%M:%S", now);
}

Verdict judge(const http::ClientResponse& response, base::SystemTime now) {
  Complaint complaint = complaint_in(response.body.reveal());
  Verdict verdict = judge_by_status(response.status, complaint);
  verdict.error.retry_after = stated_delay(response.header("retry-after"), complaint.message, now);
  return verdict;
}

}  // namespace gatehouse::google
