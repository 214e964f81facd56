// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace gatehouse::gateway {

enum class Verdict { good, note, bad };

// Prints one line per finding and remembers whether any was bad.
class DoctorReport {
 public:
  void add(Verdict verdict, std::string_view subject, const std::string& text) {
    const char* mark = verdict == Verdict::good   ? "ok  "
                       : verdict == Verdict::note ? "note"
                                                  : "FAIL";
    std::printf("%s  %-12s %s\n", mark, std::string(subject).c_str(), text.c_str());
    failed_ = failed_ || verdict == Verdict::bad;
  }
  int exit_code() const { return failed_ ? 1 : 0; }

 private:
  bool failed_ = false;
};

}  // namespace gatehouse::gateway
