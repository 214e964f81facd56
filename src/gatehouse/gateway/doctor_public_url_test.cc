// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/doctor_public_url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace gatehouse::gateway {
namespace {

using http::CertificateFinding;
using http::TlsFault;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kUrl[] = "https://gatehouse.example.com";
constexpr std::int64_t kDay = 24 * 3600;
constexpr std::int64_t kNow = 1'790'000'000;

// A certificate of so many days, so many of which are left.
CertificateFinding certificate(std::int64_t days, std::int64_t left) {
  CertificateFinding found;
  found.names = "other.example";
  found.issuer = "CN = Nobody";
  found.valid_until = kNow + left * kDay;
  found.valid_from = found.valid_until - days * kDay;
  return found;
}

http::ClientResponse answer(int status, std::string_view body,
                            std::vector<http::Header> headers = {}) {
  http::ClientResponse response;
  response.status = status;
  response.headers = std::move(headers);
  response.body = base::Secret::copy_of(body);
  return response;
}

// Renewed at a third of their life by Caddy and certbot, and a month before the end by AWS.
TEST(DoctorPublicUrl, AsksForARenewalThatIsLate) {
  const struct {
    const char* name;
    std::int64_t days;
    std::int64_t left;
    Verdict verdict;
  } rows[] = {
      {"fresh", 90, 89, Verdict::good},
      {"renewal due", 90, 29, Verdict::good},
      {"renewal late", 90, 13, Verdict::note},
      {"the last hours", 90, 0, Verdict::note},
      {"a year, month left", 395, 30, Verdict::good},
      {"a year, late", 395, 13, Verdict::note},
      {"six days, two left", 6, 2, Verdict::good},
      {"six days, one left", 6, 1, Verdict::note},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    const auto finding = judge_certificate(kUrl, certificate(row.days, row.left), kNow);
    EXPECT_EQ(finding.verdict, row.verdict) << finding.text;
  }
  EXPECT_THAT(judge_certificate(kUrl, certificate(90, 1), kNow).text, HasSubstr("in 1 day, "));
  EXPECT_THAT(judge_certificate(kUrl, certificate(90, 0), kNow).text, HasSubstr("less than a day"));
}

TEST(DoctorPublicUrl, PassesATrustedCertificateThatNobodyDescribed) {
  EXPECT_EQ(judge_certificate(kUrl, CertificateFinding(), kNow).verdict, Verdict::good);
}

TEST(DoctorPublicUrl, NamesEachFaultAndItsRemedy) {
  const struct {
    TlsFault fault;
    Verdict verdict;
    const char* what;
    const char* remedy;
  } rows[] = {
      {TlsFault::no_connection, Verdict::note, "cannot be reached", "DNS record"},
      {TlsFault::no_tls, Verdict::bad, "without TLS", "Put a proxy"},
      {TlsFault::no_handshake, Verdict::bad, "breaks off", "TLS 1.2"},
      {TlsFault::expired, Verdict::bad, "expired (2026-", "Renew it"},
      {TlsFault::not_yet_valid, Verdict::bad, "not valid before", "clock"},
      {TlsFault::other_name, Verdict::bad, "for other.example and not for gatehouse.example.com",
       "Have one issued"},
      {TlsFault::unknown_authority, Verdict::bad, "issuer: CN = Nobody", "whole chain"},
      {TlsFault::distrusted, Verdict::bad, "not trusted: the reason", "new one"},
  };
  for (const auto& row : rows) {
    CertificateFinding found = certificate(90, 50);
    found.fault = row.fault;
    found.reason = "the reason";
    const auto finding = judge_certificate(kUrl, found, kNow);
    EXPECT_EQ(finding.verdict, row.verdict) << finding.text;
    EXPECT_THAT(finding.text, AllOf(HasSubstr(row.what), HasSubstr(row.remedy)));
  }
}

TEST(DoctorPublicUrl, KnowsWhoAnswers) {
  const struct {
    int status;
    const char* body;
    const char* location;
    Verdict verdict;
    const char* words;
  } rows[] = {
      {200, R"({"issuer":"https://gatehouse.example.com"})", "", Verdict::good, "this gateway"},
      {200, R"({"issuer":"https://gatehouse.example.com/"})", "", Verdict::bad, "calls itself"},
      {200, R"({"issuer":"https://sso.example"})", "", Verdict::bad, "https://sso.example."},
      {404, R"({"issuer":"https://gatehouse.example.com"})", "", Verdict::bad, "404"},
      {200, R"({"issuer":7})", "", Verdict::bad, "something else"},
      {200, "<html>", "", Verdict::bad, "something else"},
      {421, "{}", "", Verdict::bad, "Host header"},
      {301, "", "https://www.example.com/", Verdict::bad, "Clients do not follow"},
      {302, "", "https://gatehouse.example.com.evil.example/", Verdict::bad, "do not follow"},
      {308, "", "https://gatehouse.example.com/x", Verdict::bad, "leads to itself"},
      {302, "", "", Verdict::bad, "redirects to nowhere"},
      {502, "", "", Verdict::note, "no target of it is healthy"},
      {503, "starting", "", Verdict::note, "starting or ending"},
  };
  for (const auto& row : rows) {
    const auto finding =
        judge_public_answer(kUrl, answer(row.status, row.body, {{"Location", row.location}}));
    EXPECT_EQ(finding.verdict, row.verdict) << finding.text;
    EXPECT_THAT(finding.text, HasSubstr(row.words));
  }
}

TEST(DoctorPublicUrl, ShowsNoControlsOfStrangers) {
  const std::string location = "https://x.example/\x1b[2J\n" + std::string(1'000, 'y');
  const auto finding = judge_public_answer(kUrl, answer(302, "", {{"Location", location}}));
  EXPECT_THAT(finding.text, AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\n"))));
  EXPECT_LT(finding.text.size(), 600u);
}

}  // namespace
}  // namespace gatehouse::gateway
