// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/upload_form.h"

#include <cstddef>

#include "gatehouse/base/encoding.h"

namespace gatehouse::web {
namespace {

constexpr std::size_t kPartsMax = 8;
constexpr std::size_t kHeadMax = 4'096;
constexpr std::size_t kBoundaryMax = 70;  // RFC 2046 section 5.1.1
constexpr std::string_view kType = "multipart/form-data";

// What stands behind `name="` or is the token behind `name=`; nullopt when there is none.
std::optional<std::string_view> parameter(std::string_view text, std::string_view name) {
  for (std::size_t at = text.find(';'); at != std::string_view::npos; at = text.find(';', at + 1)) {
    std::string_view rest = base::trim(text.substr(at + 1));
    if (rest.size() <= name.size() || rest[name.size()] != '=' ||
        !base::equal_ignoring_case(rest.substr(0, name.size()), name))
      continue;
    rest.remove_prefix(name.size() + 1);
    if (!rest.starts_with('"')) return base::trim(rest.substr(0, rest.find(';')));
    rest.remove_prefix(1);
    // Browsers write a quote inside as %22.
    const std::size_t end = rest.find('"');
    if (end == std::string_view::npos) return std::nullopt;
    return rest.substr(0, end);
  }
  return std::nullopt;
}

struct Part {
  std::string_view disposition;
  std::string_view mime;
  std::string_view bytes;
};

// Takes a header line off the front.
bool take_header(std::string_view& head, std::string_view& name, std::string_view& value) {
  if (head.empty()) return false;
  const std::size_t end = head.find("\r\n");
  const std::string_view line = head.substr(0, end);
  head = end == std::string_view::npos ? std::string_view() : head.substr(end + 2);
  const std::size_t colon = line.find(':');
  name = line.substr(0, colon);
  value = colon == std::string_view::npos ? std::string_view() : base::trim(line.substr(colon + 1));
  return true;
}

std::optional<Part> part_of(std::string_view text) {
  const std::size_t end = text.substr(0, kHeadMax).find("\r\n\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  Part part;
  part.bytes = text.substr(end + 4);
  std::string_view head = text.substr(0, end);
  std::string_view name;
  std::string_view value;
  while (take_header(head, name, value)) {
    if (base::equal_ignoring_case(name, "Content-Disposition")) part.disposition = value;
    if (base::equal_ignoring_case(name, "Content-Type")) part.mime = value;
  }
  if (!base::equal_ignoring_case(part.disposition.substr(0, 9), "form-data")) return std::nullopt;
  return part;
}

// Reads one part into the form. False when it has no place there.
bool take_part(const Part& part, UploadForm& form, bool& has_file) {
  const auto name = parameter(part.disposition, "name");
  if (name == "form" && form.form.empty()) {
    form.form = part.bytes;
    return true;
  }
  if (name != "file" || has_file) return false;
  const auto file_name = parameter(part.disposition, "filename");
  if (!file_name) return false;
  form.file_name = *file_name;
  form.mime = part.mime;
  form.bytes = part.bytes;
  has_file = true;
  return true;
}

}  // namespace

std::optional<UploadForm> upload_form(std::string_view content_type, std::string_view body) {
  if (!base::equal_ignoring_case(content_type.substr(0, kType.size()), kType)) return std::nullopt;
  const auto boundary = parameter(content_type, "boundary");
  if (!boundary || boundary->empty() || boundary->size() > kBoundaryMax) return std::nullopt;
  const std::string delimiter = "\r\n--" + std::string(*boundary);
  const std::string_view opening = std::string_view(delimiter).substr(2);
  if (!body.starts_with(opening)) return std::nullopt;
  body.remove_prefix(opening.size());
  UploadForm form;
  bool has_file = false;
  for (std::size_t parts = 0; !body.starts_with("--"); ++parts) {
    if (parts == kPartsMax || !body.starts_with("\r\n")) return std::nullopt;
    body.remove_prefix(2);
    const std::size_t end = body.find(delimiter);
    if (end == std::string_view::npos) return std::nullopt;
    const auto part = part_of(body.substr(0, end));
    if (!part || !take_part(*part, form, has_file)) return std::nullopt;
    body.remove_prefix(end + delimiter.size());
  }
  if (!has_file) return std::nullopt;
  return form;
}

std::optional<UploadForm> upload_form(const http::Request& request) {
  return upload_form(request.header("Content-Type").value_or(""), request.body);
}

}  // namespace gatehouse::web
