// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/aws/settings.h"

#include <unistd.h>

#include <algorithm>
#include <cassert>

#include "gatehouse/aws/profile_file.h"
#include "gatehouse/base/encoding.h"
#include "gatehouse/http/url.h"

namespace gatehouse::aws {
namespace {

using base::Errc;
using base::Error;

bool is_ours(std::string_view name) { return name.starts_with("AWS_") || name == "HOME"; }

// A region becomes part of a host name.
bool is_region(std::string_view text) {
  const auto is_allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  return !text.empty() && text.size() <= 32 && std::all_of(text.begin(), text.end(), is_allowed) &&
         text.front() != '-' && text.back() != '-';
}

std::string_view domain_of(std::string_view region) {
  if (region.starts_with("cn-")) return "amazonaws.com.cn";
  if (region.starts_with("eusc-")) return "amazonaws.eu";
  if (region.starts_with("us-iso-")) return "c2s.ic.gov";
  if (region.starts_with("us-isob-")) return "sc2s.sgov.gov";
  return "amazonaws.com";
}

std::string upper_name_of(Service service) {
  std::string name(name_of(service));
  for (char& c : name) c = static_cast<char>(c - 'a' + 'A');
  return name;
}

struct Configured {
  std::string url;
  std::string where;
};

// In the order of AWS's SDKs; empty when nothing is configured.
base::Result<Configured> configured_endpoint(Service service, const Environment& environment) {
  const std::string ignored =
      base::to_lower_ascii(environment.find("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS").value_or(""));
  if (ignored == "true") return Configured();
  const std::string own = "AWS_ENDPOINT_URL_" + upper_name_of(service);
  for (const std::string& variable : {own, std::string("AWS_ENDPOINT_URL")}) {
    if (auto url = environment.find(variable)) return Configured{*std::move(url), variable};
  }
  const auto files = ProfileFiles::load(environment);
  if (!files) return files.error();
  const std::string name = ProfileFiles::chosen_profile(environment);
  const ProfileSection* const profile = files->profile(name);
  if (profile == nullptr) return Configured();
  const auto services_name = profile->find("services");
  const ProfileSection* const services = services_name ? files->services(*services_name) : nullptr;
  if (services != nullptr) {
    const std::string setting = std::string(name_of(service)) + ".endpoint_url";
    if (auto url = services->find(setting)) {
      return Configured{*std::move(url), setting + " of services " + *services_name};
    }
  }
  if (auto url = profile->find("endpoint_url")) {
    return Configured{*std::move(url), "endpoint_url of profile " + name};
  }
  return Configured();
}

base::Result<std::string> checked_origin(const Configured& configured) {
  const auto url = http::parse_url(configured.url);
  const auto refused = [&](const std::string& why) {
    return Error{Errc::invalid_argument, configured.where + " is refused: " + why};
  };
  if (!url || (url->scheme != "https" && url->scheme != "http")) {
    return refused("it is no http(s) URL; write it as https://host[:port]");
  }
  if (url->scheme == "http" && !http::is_loopback_host(url->host)) {
    return refused("plain http goes to loopback only; use https");
  }
  const bool bare = !url->has_userinfo && !url->has_query && !url->has_fragment &&
                    (url->path.empty() || url->path == "/");
  if (!bare) return refused("it may hold a host and a port only, as https://host[:port]");
  return url->origin();
}

}  // namespace

Environment Environment::of_process() {
  Environment environment;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos || !is_ours(text.substr(0, equals))) continue;
    environment.set(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

Environment& Environment::set(std::string_view name, std::string_view value) {
  values_[std::string(name)] = base::Secret::copy_of(value);
  return *this;
}

Environment Environment::clone() const {
  Environment copy;
  for (const auto& [name, value] : values_) copy.set(name, value.reveal());
  return copy;
}

std::optional<std::string> Environment::find(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end() || found->second.empty()) return std::nullopt;
  return std::string(found->second.reveal());
}

base::Secret Environment::secret(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? base::Secret() : found->second.clone();
}

std::string_view name_of(Service service) {
  switch (service) {
    case Service::dynamodb:
      return "dynamodb";
    case Service::kms:
      return "kms";
    case Service::sts:
      return "sts";
  }
  assert(false && "a service that does not exist");
  return {};
}

base::Result<Endpoint> endpoint_of(Service service, const std::string& region,
                                   const Environment& environment) {
  if (!is_region(region)) {
    return Error{Errc::invalid_argument,
                 "the region is no AWS region; set AWS_REGION to one such as eu-central-1"};
  }
  const auto configured = configured_endpoint(service, environment);
  if (!configured) return configured.error();
  Endpoint endpoint;
  endpoint.region = region;
  if (configured->url.empty()) {
    endpoint.url = "https://" + std::string(name_of(service)) + "." + region + "." +
                   std::string(domain_of(region));
    return endpoint;
  }
  auto origin = checked_origin(*configured);
  if (!origin) return origin.error();
  endpoint.url = *std::move(origin);
  return endpoint;
}

std::vector<std::string> link_local_credential_hosts() {
  return {"169.254.170.2",     // ECS
          "169.254.170.23",    // EKS
          "[fd00:ec2::23]",    // EKS
          "169.254.169.254",   // EC2
          "[fd00:ec2::254]"};  // EC2
}

base::Result<std::string> region_of(const Environment& environment) {
  for (const std::string_view variable : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    if (auto region = environment.find(variable)) return *std::move(region);
  }
  const auto files = ProfileFiles::load(environment);
  if (!files) return files.error();
  const std::string name = ProfileFiles::chosen_profile(environment);
  const ProfileSection* const profile = files->profile(name);
  auto region = profile != nullptr ? profile->find("region") : std::nullopt;
  if (region) return *std::move(region);
  return Error{Errc::not_found, "no AWS region is set: set AWS_REGION, or `region` in profile " +
                                    name + " of ~/.aws/config"};
}

}  // namespace gatehouse::aws
