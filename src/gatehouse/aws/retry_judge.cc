// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/aws/retry_judge.h"

#include <algorithm>
#include <array>

namespace gatehouse::aws {
namespace {

using base::Errc;

constexpr std::array<std::string_view, 16> kThrottles = {
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingError",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
    "ReplicatedWriteConflictException",
};

constexpr std::array<std::string_view, 13> kPassing = {
    "DependencyTimeoutException",
    "InternalError",
    "InternalFailure",
    "InternalServerError",
    "InternalServerErrorException",
    "InternalServiceError",
    "KMSInternalException",
    "KeyUnavailableException",
    "RequestTimeout",
    "RequestTimeoutException",
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "IDPCommunicationError",
};

constexpr std::array<std::string_view, 8> kCredentials = {
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "InvalidToken",
    "InvalidTokenException",
    "TokenRefreshRequired",
    "UnrecognizedClientException",
    "InvalidAccessKeyId",
};

constexpr std::array<std::string_view, 7> kClock = {
    "InvalidSignatureException", "RequestExpired",   "RequestInTheFuture", "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",     "InvalidSignature", "AuthFailure",
};

constexpr std::array<std::string_view, 12> kDenied = {
    "AccessDenied",
    "AccessDeniedException",
    "DisabledException",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "InvalidGrantTokenException",
    "KMSInvalidStateException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "NotAuthorized",
    "OptInRequired",
    "UnauthorizedOperation",
};

constexpr std::array<std::string_view, 3> kConflicts = {
    "ConditionalCheckFailedException",
    "TransactionConflictException",
    "DuplicateItemException",
};

constexpr std::array<std::string_view, 3> kAbsent = {
    "NotFoundException",
    "ResourceNotFoundException",
    "TableNotFoundException",
};

template <std::size_t N>
bool names(const std::array<std::string_view, N>& list, std::string_view type) {
  return std::find(list.begin(), list.end(), type) != list.end();
}

bool mentions(std::string_view message, std::string_view words) {
  return message.find(words) != std::string_view::npos;
}

// One reason per item, in the message's brackets.
Verdict judge_cancelled_transaction(std::string_view message) {
  if (mentions(message, "ConditionalCheckFailed")) return {Remedy::none, Errc::conflict};
  if (mentions(message, "TransactionConflict")) return {Remedy::none, Errc::conflict};
  const bool throttled =
      mentions(message, "ThrottlingError") || mentions(message, "ProvisionedThroughputExceeded");
  if (throttled) return {Remedy::wait_longer, Errc::unavailable};
  return {Remedy::none, Errc::invalid_argument};
}

}  // namespace

Verdict judge(int status, std::string_view type, std::string_view message) {
  if (type == "TransactionCanceledException") return judge_cancelled_transaction(message);
  if (names(kThrottles, type)) return {Remedy::wait_longer, Errc::unavailable};
  if (names(kPassing, type)) return {Remedy::wait, Errc::unavailable};
  if (names(kCredentials, type)) return {Remedy::renew_credentials, Errc::denied};
  if (names(kClock, type)) return {Remedy::correct_clock, Errc::denied};
  if (names(kDenied, type)) return {Remedy::none, Errc::denied};
  if (names(kConflicts, type)) return {Remedy::none, Errc::conflict};
  if (names(kAbsent, type)) return {Remedy::none, Errc::not_found};
  if (status == 429) return {Remedy::wait_longer, Errc::unavailable};
  if (status == 408 || status >= 500) return {Remedy::wait, Errc::unavailable};
  if (status == 401 || status == 403) return {Remedy::none, Errc::denied};
  if (status >= 400) return {Remedy::none, Errc::invalid_argument};
  // Neither success nor an error of AWS: something in between answered.
  return {Remedy::wait, Errc::unavailable};
}

}  // namespace gatehouse::aws
