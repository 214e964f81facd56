// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/google/quotas.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gatehouse::google {
namespace {

using ::testing::HasSubstr;

std::string complaint_about(std::string_view json) {
  Quotas quotas;
  const auto taken = quotas.take(json);
  return taken ? "(none)" : taken.error().detail;
}

TEST(Quotas, AreThoseOfANewProject) {
  const Quotas quotas;
  EXPECT_EQ(quotas.of(Api::gmail), (ApiQuota{6'000, 1'200'000}));
  EXPECT_EQ(quotas.price_of("gmail.users.messages.get"), 20);
  EXPECT_EQ(quotas.price_of("gmail.users.threads.get"), 40);
  EXPECT_EQ(quotas.price_of("calendar.events.list"), 1);
}

TEST(Quotas, TakeWhatAnOperatorSaysAndKeepTheRest) {
  Quotas quotas;
  const auto taken = quotas.take(
      R"({"gmail":{"units_per_user_and_minute":15000},"prices":{"gmail.users.messages.get":5}})");
  ASSERT_TRUE(taken) << taken.error().detail;
  EXPECT_EQ(quotas.of(Api::gmail), (ApiQuota{15'000, 1'200'000}));
  EXPECT_EQ(quotas.price_of("gmail.users.messages.get"), 5);
  EXPECT_EQ(quotas.price_of("gmail.users.threads.get"), 40);
  EXPECT_TRUE(quotas.take("{}"));
}

TEST(Quotas, TheirTextSaysAllOfThem) {
  Quotas changed;
  ASSERT_TRUE(changed.take(
      R"({"sheets":{"units_per_project_and_minute":7},"prices":{"sheets.spreadsheets.get":3}})"));
  Quotas read;
  ASSERT_TRUE(read.take(changed.text()));
  EXPECT_EQ(read.text(), changed.text());
  EXPECT_EQ(read.of(Api::sheets).per_project, 7);
  EXPECT_THAT(changed.text(), HasSubstr("\n    \"sheets.spreadsheets.get\": 3\n  }\n}\n"));
}

TEST(Quotas, SayWhatIsWrong) {
  EXPECT_THAT(complaint_about("nonsense"), HasSubstr("it is no JSON"));
  EXPECT_THAT(complaint_about("[]"), HasSubstr("must be a JSON object"));
  EXPECT_THAT(complaint_about(R"({"gmial":{}})"), HasSubstr("\"gmial\" is not known"));
  EXPECT_THAT(complaint_about(R"({"gmail":5})"), HasSubstr("must be an object"));
  EXPECT_THAT(complaint_about(R"({"gmail":{"per_minute":5}})"), HasSubstr("no \"per_minute\""));
  for (const char* number : {"0", "-1", "1.5", "1e12", "\"6000\"", "null"}) {
    const std::string quota = R"({"gmail":{"units_per_user_and_minute":)" + std::string(number);
    EXPECT_THAT(complaint_about(quota + "}}"), HasSubstr("whole number")) << number;
    const std::string price = R"({"prices":{"gmail.users.x":)" + std::string(number);
    EXPECT_THAT(complaint_about(price + "}}"), HasSubstr("whole number")) << number;
  }
  EXPECT_THAT(complaint_about(R"({"prices":{"messages.get":5}})"), HasSubstr("no method"));
  EXPECT_THAT(complaint_about(R"({"prices":[]})"), HasSubstr("not known"));
  EXPECT_THAT(complaint_about(std::string(70'000, ' ')), HasSubstr("64 KB"));
}

}  // namespace
}  // namespace gatehouse::google
