// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/aws/retry_judge.h"

#include <gtest/gtest.h>

namespace gatehouse::aws {
namespace {

using base::Errc;

TEST(RetryJudge, KnowsWhatMayHelp) {
  const struct {
    int status;
    const char* type;
    const char* message;
    Remedy remedy;
    Errc code;
  } rows[] = {
      {400, "ThrottlingException", "", Remedy::wait_longer, Errc::unavailable},
      {400, "ProvisionedThroughputExceededException", "", Remedy::wait_longer, Errc::unavailable},
      {400, "RequestLimitExceeded", "", Remedy::wait_longer, Errc::unavailable},
      {400, "TransactionInProgressException", "", Remedy::wait_longer, Errc::unavailable},
      {400, "LimitExceededException", "", Remedy::wait_longer, Errc::unavailable},
      {429, "", "", Remedy::wait_longer, Errc::unavailable},
      {500, "InternalServerError", "", Remedy::wait, Errc::unavailable},
      {500, "KMSInternalException", "", Remedy::wait, Errc::unavailable},
      {500, "KeyUnavailableException", "", Remedy::wait, Errc::unavailable},
      {500, "DependencyTimeoutException", "", Remedy::wait, Errc::unavailable},
      {502, "", "", Remedy::wait, Errc::unavailable},
      {503, "", "", Remedy::wait, Errc::unavailable},
      {504, "", "", Remedy::wait, Errc::unavailable},
      {408, "", "", Remedy::wait, Errc::unavailable},
      {302, "", "", Remedy::wait, Errc::unavailable},
      {400, "ExpiredTokenException", "", Remedy::renew_credentials, Errc::denied},
      {400, "UnrecognizedClientException", "", Remedy::renew_credentials, Errc::denied},
      {403, "InvalidClientTokenId", "", Remedy::renew_credentials, Errc::denied},
      {403, "RequestTimeTooSkewed", "", Remedy::correct_clock, Errc::denied},
      {400, "InvalidSignatureException", "", Remedy::correct_clock, Errc::denied},
      {400, "AccessDeniedException", "", Remedy::none, Errc::denied},
      {400, "DisabledException", "", Remedy::none, Errc::denied},
      {400, "KMSInvalidStateException", "", Remedy::none, Errc::denied},
      {403, "", "", Remedy::none, Errc::denied},
      {400, "ConditionalCheckFailedException", "", Remedy::none, Errc::conflict},
      {400, "TransactionConflictException", "", Remedy::none, Errc::conflict},
      {400, "TransactionCanceledException", "reasons [None, ConditionalCheckFailed]", Remedy::none,
       Errc::conflict},
      {400, "TransactionCanceledException", "reasons [ThrottlingError, None]", Remedy::wait_longer,
       Errc::unavailable},
      {400, "TransactionCanceledException", "reasons [ItemCollectionSizeLimitExceeded]",
       Remedy::none, Errc::invalid_argument},
      {400, "ResourceNotFoundException", "", Remedy::none, Errc::not_found},
      {400, "NotFoundException", "", Remedy::none, Errc::not_found},
      {400, "ValidationException", "", Remedy::none, Errc::invalid_argument},
      {400, "InvalidCiphertextException", "", Remedy::none, Errc::invalid_argument},
      {413, "", "", Remedy::none, Errc::invalid_argument}};
  for (const auto& row : rows) {
    SCOPED_TRACE(std::string(row.type) + " " + std::to_string(row.status) + row.message);
    const Verdict verdict = judge(row.status, row.type, row.message);
    EXPECT_EQ(verdict.remedy, row.remedy);
    EXPECT_EQ(base::name_of(verdict.code), base::name_of(row.code));
  }
}

}  // namespace
}  // namespace gatehouse::aws
