// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/audit_command.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

namespace gatehouse::gateway {
namespace {

// A line of ours is far shorter; longer ones are somebody else's and are passed over.
constexpr std::size_t kLineMax = 256 * 1024;

struct CloseFile {
  void operator()(std::FILE* file) const {
    if (file != stdin) std::fclose(file);
  }
};

int complain(const std::string& text) {
  std::fprintf(stderr, "gatehouse: %s\n", text.c_str());
  return 1;
}

// Whole lines; what is left at the end without a line feed counts as one.
bool read_lines(std::FILE* file, AuditVerifier& verifier) {
  std::string line;
  bool too_long = false;
  const auto finish = [&] {
    if (line.ends_with('\r')) line.pop_back();
    verifier.read(too_long ? std::string_view() : std::string_view(line));
    line.clear();
    too_long = false;
  };
  char piece[16 * 1024];
  while (const std::size_t got = std::fread(piece, 1, sizeof piece, file)) {
    std::string_view rest(piece, got);
    while (!rest.empty()) {
      const std::size_t end = rest.find('\n');
      too_long = too_long || line.size() + std::min(end, rest.size()) > kLineMax;
      if (!too_long) line += rest.substr(0, end);
      if (end == std::string_view::npos) break;
      finish();
      rest.remove_prefix(end + 1);
    }
  }
  if (!line.empty() || too_long) finish();
  return std::ferror(file) == 0;
}

}  // namespace

int verify_audit(const std::string& path, const std::vector<std::string>& noted_heads,
                 AuditVerifier::Ends ends) {
  std::vector<NotedHead> noted;
  for (const std::string& text : noted_heads) {
    auto head = parse_noted_head(text);
    if (!head) return complain("\"" + text + "\" is no head. Write CHAIN:SEQ:SHA256, as printed");
    noted.push_back(std::move(*head));
  }
  const std::unique_ptr<std::FILE, CloseFile> file(path.empty() ? stdin
                                                                : std::fopen(path.c_str(), "re"));
  if (!file) {
    return complain(path + " cannot be read: " + std::generic_category().message(errno) +
                    ". Name the file with the gateway's log, or pipe it in");
  }
  AuditVerifier verifier(std::move(noted));
  if (!read_lines(file.get(), verifier)) return complain("reading broke off; nothing is proven");
  const AuditVerifier::Verdict verdict = verifier.judge(ends);
  std::fputs(verdict.report.c_str(), stdout);
  return verdict.sound ? 0 : 1;
}

}  // namespace gatehouse::gateway
