// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/doctor_advice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gatehouse::gateway {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

base::Error failed(std::string detail) {
  return base::Error{base::Errc::internal, std::move(detail)};
}

TEST(DoctorAdvice, EndsEachKindOfFailureWithWhatToDo) {
  const struct {
    const char* detail;
    const char* advice;
  } rows[] = {
      {"dynamodb GetItem: AccessDeniedException: User: x is not authorized",
       "serving-policy.json;"},
      {"kms Decrypt: AccessDeniedException: User: x is not authorized", "an operator's is rightly"},
      {"dynamodb GetItem: ValidationException: The provided key", "run `gatehouse store init`."},
      {"kms GenerateDataKey: ValidationException: no key", "alias/NAME"},
      {"kms GenerateDataKey: InvalidArnException: no ARN", "alias/NAME"},
      {"kms GenerateDataKey: InvalidKeyUsageException: to sign", "symmetric"},
      {"kms Decrypt: InvalidSignatureException: no match", "see `clock`."},
      {"kms Decrypt: ExpiredTokenException: expired", "Get new credentials"},
      {"dynamodb GetItem: UnrecognizedClientException: invalid", "mistyped, deleted"},
      {"dynamodb GetItem: connect to dynamodb.x failed: refused", "HTTPS_PROXY"},
      {"dynamodb GetItem: exchange with x failed: no answer in time", "security groups"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.detail);
    const std::string text = with_advice(failed(row.detail));
    EXPECT_THAT(text, StartsWith(std::string(row.detail) + ". "));
    EXPECT_THAT(text, HasSubstr(row.advice));
    EXPECT_THAT(text, Not(HasSubstr("..")));
  }
}

TEST(DoctorAdvice, IsASentenceWhereTheErrorSaysItAllItself) {
  EXPECT_EQ(with_advice(failed("dynamodb GetItem: ResourceNotFoundException: make it")),
            "dynamodb GetItem: ResourceNotFoundException: make it.");
  EXPECT_EQ(with_advice(failed("it has ended.")), "it has ended.");
}

TEST(DoctorAdvice, GoesOnToOtherActionsWhereOneWasRefused) {
  EXPECT_TRUE(is_about_one_action(failed("dynamodb GetItem: AccessDeniedException: no")));
  EXPECT_FALSE(is_about_one_action(failed("dynamodb GetItem: ResourceNotFoundException: no")));
  EXPECT_FALSE(is_about_one_action(failed("connect to dynamodb failed: refused")));
}

}  // namespace
}  // namespace gatehouse::gateway
