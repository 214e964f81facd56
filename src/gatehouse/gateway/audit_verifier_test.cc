// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/audit_verifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gatehouse/base/encoding.h"
#include "gatehouse/crypto/digest.h"

namespace gatehouse::gateway {
namespace {

using ::testing::HasSubstr;
using Lines = std::vector<std::string>;
using Ends = AuditVerifier::Ends;

std::string digest(std::string_view line) {
  const crypto::Sha256 bytes = crypto::sha256(line);
  return base::hex_encode(crypto::view(bytes));
}

// A whole chain: its start, so many events, its end.
Lines chain(const std::string& id, int events) {
  telemetry::AuditChain chain(id, digest);
  Lines lines;
  const auto write = [&](std::string_view event) {
    std::string line = R"({"time":"2026-11-24T04:25:24.000Z","level":"audit","event":")";
    line.append(event).append("\"}");
    chain.seal(line);
    lines.push_back(std::move(line));
  };
  write(telemetry::kAuditStart);
  for (int i = 0; i < events; ++i) write("read " + std::to_string(i));
  write(telemetry::kAuditEnd);
  return lines;
}

AuditVerifier::Verdict judged(const Lines& lines, Ends ends = Ends::not_needed,
                              std::vector<NotedHead> noted = {}) {
  AuditVerifier verifier(std::move(noted));
  for (const std::string& line : lines) verifier.read(line);
  return verifier.judge(ends);
}

void expect_broken(const Lines& lines, const std::string& words) {
  const AuditVerifier::Verdict verdict = judged(lines);
  EXPECT_FALSE(verdict.sound);
  EXPECT_THAT(verdict.report, HasSubstr("BROKEN: " + words));
}

TEST(AuditVerifier, AWholeChainIsSoundAndNamesItsHead) {
  const Lines lines = chain("c1", 3);
  const AuditVerifier::Verdict verdict = judged(lines, Ends::needed);
  EXPECT_TRUE(verdict.sound) << verdict.report;
  EXPECT_THAT(verdict.report, HasSubstr("chain c1: 5 lines"));
  EXPECT_THAT(verdict.report, HasSubstr("sound and complete. head c1:4:" + digest(lines.back())));
}

TEST(AuditVerifier, ChainsInterleaveAndOtherLinesLieBetween) {
  const Lines one = chain("c1", 4);
  const Lines two = chain("c2", 4);
  Lines lines;
  for (std::size_t i = 0; i < one.size(); ++i) {
    lines.push_back(R"({"time":"x","level":"info","event":"serving","chain":"c1","seq":0})");
    lines.push_back("2026-11-24T04:25:24Z replica-1 " + one[i]);
    lines.push_back("not JSON {at all");
    lines.push_back(two[i]);
    lines.push_back(R"({"_aws":{},"Requests":1})");
  }
  EXPECT_TRUE(judged(lines, Ends::needed).sound);
}

TEST(AuditVerifier, ALineThatIsGoneIsNamedWithTheGap) {
  Lines lines = chain("c1", 5);
  lines.erase(lines.begin() + 2);
  expect_broken(lines, "input line 3: line 2 of the chain is missing before it");
  lines.erase(lines.begin() + 2);
  expect_broken(lines, "input line 3: lines 2 to 3 of the chain are missing before it");
  lines.erase(lines.begin());
  expect_broken(lines, "input line 1: line 0 of the chain is missing before it");
}

TEST(AuditVerifier, AnAlteredLineBreaksTheOneBehindIt) {
  Lines lines = chain("c1", 3);
  lines[2].replace(lines[2].find("read 1"), 6, "read 7");
  expect_broken(lines, "input line 4: line 3 does not follow on line 2");
}

TEST(AuditVerifier, LinesThatWereMovedRepeatedOrAddedAreNamed) {
  Lines lines = chain("c1", 4);
  std::swap(lines[2], lines[3]);
  expect_broken(lines, "input line 3: line 2 of the chain is missing before it");
  lines = chain("c1", 4);
  lines.insert(lines.begin() + 3, lines[1]);
  expect_broken(lines, "input line 4: line 1 comes again or too late, after line 2");
  lines = chain("c1", 1);
  lines.push_back(lines[1]);
  expect_broken(lines, "input line 4: line 1 stands behind the end");
}

TEST(AuditVerifier, AChainDoesNotBeginWithAnythingElse) {
  Lines lines = chain("c1", 1);
  lines[0].replace(lines[0].find("audit_start"), 11, "audit_smart");
  expect_broken(lines, "input line 1: the chain does not begin with its start");
}

TEST(AuditVerifier, OnlyTheFirstFaultIsToldAndTheOthersCounted) {
  Lines lines = chain("c1", 8);
  lines.erase(lines.begin() + 6);
  lines.erase(lines.begin() + 2);
  const AuditVerifier::Verdict verdict = judged(lines);
  EXPECT_THAT(verdict.report, HasSubstr("line 2 of the chain is missing before it, and 1 more"));
}

TEST(AuditVerifier, AChainWithoutAnEndIsWrongOnlyWhenEndsAreNeeded) {
  Lines lines = chain("c1", 3);
  lines.pop_back();
  const AuditVerifier::Verdict verdict = judged(lines);
  EXPECT_TRUE(verdict.sound);
  EXPECT_THAT(verdict.report, HasSubstr("without an end"));
  EXPECT_FALSE(judged(lines, Ends::needed).sound);
}

TEST(AuditVerifier, ANotedHeadTellsACutAndAChainThatWasWrittenAnew) {
  const Lines lines = chain("c1", 5);
  const auto noted = parse_noted_head("c1:4:" + digest(lines[4]));
  ASSERT_TRUE(noted);
  EXPECT_TRUE(judged(lines, Ends::needed, {*noted}).sound);

  const Lines cut(lines.begin(), lines.begin() + 3);
  EXPECT_TRUE(judged(cut).sound) << "by itself a cut shows nothing but a missing end";
  EXPECT_THAT(judged(cut, Ends::not_needed, {*noted}).report, HasSubstr("MISSING"));

  telemetry::AuditChain forged("c1", digest);
  Lines anew;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::string line = lines[i].substr(0, lines[i].find(",\"chain\"")) + "}";
    if (i == 2) line.replace(line.find("read 1"), 6, "read 9");
    forged.seal(line);
    anew.push_back(std::move(line));
  }
  EXPECT_TRUE(judged(anew, Ends::needed).sound) << "who holds the log can write it anew";
  const AuditVerifier::Verdict verdict = judged(anew, Ends::needed, {*noted});
  EXPECT_FALSE(verdict.sound);
  EXPECT_THAT(verdict.report, HasSubstr("ANOTHER LINE"));
}

TEST(AuditVerifier, NoAuditLinesProveNothing) {
  EXPECT_FALSE(judged({}).sound);
  EXPECT_FALSE(judged({R"({"level":"info","event":"serving"})"}).sound);
}

TEST(NotedHead, IsReadStrictly) {
  const std::string hash(64, 'a');
  EXPECT_TRUE(parse_noted_head("c1:0:" + hash));
  for (const std::string& bad : {std::string(), "c1:" + hash, ":1:" + hash, "c1:x:" + hash,
                                 "c1:-1:" + hash, "c1:1:" + hash + "a", "c1::" + hash})
    EXPECT_FALSE(parse_noted_head(bad)) << bad;
}

}  // namespace
}  // namespace gatehouse::gateway
