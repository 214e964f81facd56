// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/grant_content.h"

#include <utility>

#include "gatehouse/base/framing.h"

namespace gatehouse::vault {
namespace {

constexpr std::uint64_t kFormat = 1;
constexpr std::uint64_t kScopesMax = 256;

void append_time(base::Secret& out, base::SystemTime time) {
  base::append_number(out, static_cast<std::uint64_t>(base::epoch_seconds(time)), 8);
}

base::SystemTime take_time(base::FrameReader& reader) {
  return base::from_epoch_seconds(static_cast<std::int64_t>(reader.number(8)));
}

}  // namespace

void append_upstream(base::Secret& out, const UpstreamCredentials& upstream) {
  base::append_framed(out, upstream.access_token.reveal());
  base::append_framed(out, upstream.refresh_token.reveal());
  append_time(out, upstream.access_expires);
  base::append_number(out, upstream.scopes.size(), 2);
  for (const std::string& scope : upstream.scopes) base::append_framed(out, scope);
  base::append_framed(out, upstream.email);
  base::append_framed(out, upstream.name);
  base::append_framed(out, upstream.domain);
}

std::optional<UpstreamCredentials> take_upstream(base::FrameReader& reader) {
  UpstreamCredentials upstream;
  upstream.access_token = base::Secret::copy_of(reader.framed());
  upstream.refresh_token = base::Secret::copy_of(reader.framed());
  upstream.access_expires = take_time(reader);
  const std::uint64_t scopes = reader.number(2);
  if (scopes > kScopesMax) return std::nullopt;
  for (std::uint64_t i = 0; i < scopes; ++i) upstream.scopes.emplace_back(reader.framed());
  upstream.email = reader.framed();
  upstream.name = reader.framed();
  upstream.domain = reader.framed();
  return upstream;
}

base::Secret encode(const GrantContent& content) {
  base::Secret out;
  out.reserve(2048);
  base::append_number(out, kFormat, 1);
  base::append_framed(out, content.subject.str());
  base::append_framed(out, content.hashed_user.str());
  append_time(out, content.expires);
  base::append_number(out, static_cast<std::uint64_t>(content.content_generation), 8);
  base::append_framed(out, content.redirect_uri);
  base::append_framed(out, content.code_challenge);
  append_upstream(out, content.upstream);
  return out;
}

std::optional<GrantContent> decode_grant_content(const base::Secret& bytes) {
  base::FrameReader reader(bytes.reveal());
  if (reader.number(1) != kFormat) return std::nullopt;
  GrantContent content;
  content.subject = base::UserId(std::string(reader.framed()));
  content.hashed_user = base::UserId(std::string(reader.framed()));
  content.expires = take_time(reader);
  content.content_generation = static_cast<std::int64_t>(reader.number(8));
  content.redirect_uri = reader.framed();
  content.code_challenge = reader.framed();
  std::optional<UpstreamCredentials> upstream = take_upstream(reader);
  if (!upstream || !reader.sound() || !reader.at_end()) return std::nullopt;
  content.upstream = std::move(*upstream);
  return content;
}

UpstreamCredentials copy_of(const UpstreamCredentials& credentials) {
  UpstreamCredentials copy;
  copy.access_token = credentials.access_token.clone();
  copy.refresh_token = credentials.refresh_token.clone();
  copy.access_expires = credentials.access_expires;
  copy.scopes = credentials.scopes;
  copy.email = credentials.email;
  copy.name = credentials.name;
  copy.domain = credentials.domain;
  return copy;
}

}  // namespace gatehouse::vault
