// SPDX-License-Identifier: Apache-2.0
//
// Runs a target over every file of the folders given, without libFuzzer: how CI replays a corpus
// with the libraries that the unit tests use. The name of a file is printed before it runs, so
// that the last one named is the one that ended the process.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

void replay(const std::filesystem::path& path) {
  std::printf("%s\n", path.c_str());
  std::fflush(stdout);
  std::ifstream file(path, std::ios::binary);
  const std::string content((std::istreambuf_iterator<char>(file)), {});
  // A copy of the exact size: AddressSanitizer then sees a read beyond its end.
  const auto bytes = std::make_unique<std::uint8_t[]>(content.size());
  std::copy(content.begin(), content.end(), bytes.get());
  LLVMFuzzerTestOneInput(bytes.get(), content.size());
}

}  // namespace

int main(int count, char** folders) {
  std::size_t replayed = 0;
  for (int i = 1; i < count; ++i) {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(folders[i])) {
      if (entry.is_regular_file()) paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    for (const std::filesystem::path& path : paths) replay(path);
    replayed += paths.size();
  }
  if (replayed == 0) {
    std::fputs("No file to replay: name a folder that holds some.\n", stderr);
    return 2;
  }
  std::printf("%zu inputs replayed\n", replayed);
  return 0;
}
