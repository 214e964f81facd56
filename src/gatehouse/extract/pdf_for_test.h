// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace gatehouse::extract {

// For tests: a PDF with one line of ASCII on each page.
inline std::string pdf_of(const std::vector<std::string>& pages) {
  std::string pdf = "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n";
  std::string kids;
  std::string objects;
  for (std::size_t i = 0; i < pages.size(); ++i) {
    const std::string page = std::to_string(4 + 2 * i);
    const std::string content = std::to_string(5 + 2 * i);
    const std::string drawing = "BT /F1 12 Tf 50 100 Td (" + pages[i] + ") Tj ET";
    kids += page + " 0 R ";
    objects += page + " 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 300]/Contents " + content +
               " 0 R/Resources<</Font<</F1 3 0 R>>>>>>endobj\n" + content + " 0 obj<</Length " +
               std::to_string(drawing.size()) + ">>stream\n" + drawing + "\nendstream endobj\n";
  }
  pdf += "2 0 obj<</Type/Pages/Kids[" + kids + "]/Count " + std::to_string(pages.size()) +
         ">>endobj\n3 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n" + objects;
  return pdf + "trailer<</Root 1 0 R>>\n%%EOF\n";
}

// While it lives, PATH leads to one program, `name`, which no machine runs. It stands for all that
// keeps a program from being run.
class UnrunnableProgram {
 public:
  explicit UnrunnableProgram(const std::string& name)
      : path_(::testing::TempDir() + "gatehouse-bin-" + std::to_string(::getpid())) {
    const char* const before = std::getenv("PATH");
    before_ = before == nullptr ? "" : before;
    file_ = path_ + "/" + name;
    std::filesystem::create_directory(path_);
    std::ofstream(file_) << std::string(4, '\0');
    std::filesystem::permissions(file_, std::filesystem::perms::owner_all);
    ::setenv("PATH", path_.c_str(), 1);
  }
  ~UnrunnableProgram() {
    ::setenv("PATH", before_.c_str(), 1);
    std::filesystem::remove_all(path_);
  }
  UnrunnableProgram(const UnrunnableProgram&) = delete;
  UnrunnableProgram& operator=(const UnrunnableProgram&) = delete;

 private:
  std::string path_;
  std::string file_;
  std::string before_;
};

}  // namespace gatehouse::extract
