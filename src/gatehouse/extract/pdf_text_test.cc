// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/extract/pdf_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>
#include <string>

#include "gatehouse/base/child_process.h"
#include "gatehouse/extract/extractor.h"
#include "gatehouse/extract/pdf_for_test.h"

namespace gatehouse::extract {
namespace {

using ::testing::HasSubstr;

base::Coroutine<void> keep(ExtractTask<DocumentText> work,
                           std::optional<Extracted<DocumentText>>& result) {
  auto outcome = co_await std::move(work);
  result.emplace(std::move(outcome));
}

Extracted<DocumentText> text_of(std::string_view bytes, const PageRange& pages = {},
                                const PdfLimits& limits = {}, telemetry::Log* log = nullptr) {
  boost::asio::io_context loop{1};
  telemetry::MemoryLog nobodys;
  std::optional<Extracted<DocumentText>> result;
  boost::asio::co_spawn(loop, keep(pdf_text(bytes, pages, limits, log ? *log : nobodys), result),
                        [](std::exception_ptr) {});
  loop.run();
  return *std::move(result);
}

class PdfText : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!base::find_program(kPdfProgram)) GTEST_SKIP() << "pdftotext is not installed";
  }
};

TEST_F(PdfText, HasEveryPageUnderItsNumber) {
  const auto all = text_of(pdf_of({"Hello page one", "", "Third page"}));
  ASSERT_TRUE(all);
  EXPECT_EQ(all->text, "[page 1]\nHello page one\n\n[page 3]\nThird page");
  EXPECT_FALSE(all->cut);
}

TEST_F(PdfText, IsOfThePagesWanted) {
  const std::string pdf = pdf_of({"One", "Two", "Three", "Four"});
  const auto middle = text_of(pdf, {2, 3});
  ASSERT_TRUE(middle);
  EXPECT_EQ(middle->text, "[page 2]\nTwo\n\n[page 3]\nThree");
  const auto rest = text_of(pdf, {4, PageRange::kLast});
  ASSERT_TRUE(rest);
  EXPECT_EQ(rest->text, "[page 4]\nFour");
  const auto beyond = text_of(pdf, {5, 7});
  ASSERT_TRUE(beyond);
  EXPECT_EQ(beyond->text, "");
}

TEST_F(PdfText, IsCutAtItsLimit) {
  PdfLimits limits;
  limits.text_bytes_max = 10;
  const auto text = text_of(pdf_of({"Hello page one"}), {}, limits);
  ASSERT_TRUE(text);
  EXPECT_TRUE(text->cut);
  EXPECT_EQ(text->text, "[page 1]\nHello page");
}

TEST_F(PdfText, SaysWhyThereIsNone) {
  EXPECT_EQ(text_of("%PDF-1.4\nnothing").error(), Trouble::damaged);
  EXPECT_EQ(text_of("%PDF-1.4\ntrailer<</Encrypt 1 0 R>>").error(), Trouble::encrypted);
  PdfLimits slow;
  slow.time = std::chrono::milliseconds(0);
  EXPECT_EQ(text_of(pdf_of({"x"}), {}, slow).error(), Trouble::too_slow);
}

TEST(PdfProgram, IsNamedWhenItIsMissing) {
  PdfLimits limits;
  limits.program = "gatehouse-no-such-program";
  EXPECT_EQ(text_of(pdf_of({"x"}), {}, limits).error(), Trouble::no_program);
}

TEST(PdfProgram, ThatCannotBeRunIsTheOperatorsToMend) {
  const UnrunnableProgram program{std::string(kPdfProgram)};
  telemetry::MemoryLog log;
  EXPECT_EQ(text_of(pdf_of({"x"}), {}, {}, &log).error(), Trouble::no_cage);
  EXPECT_THAT(log.text(), HasSubstr("PDF cannot be read"));
  EXPECT_THAT(log.text(), HasSubstr("pdftotext cannot be started"));
}

TEST(PdfPages, AreNumberedFromTheFirstWanted) {
  EXPECT_EQ(with_page_numbers("", 1), "");
  EXPECT_EQ(with_page_numbers("\f\f", 1), "");
  EXPECT_EQ(with_page_numbers(" a \n\f\n b\n\f", 7), "[page 7]\na\n\n[page 8]\nb");
}

}  // namespace
}  // namespace gatehouse::extract
