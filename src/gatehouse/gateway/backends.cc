// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/backends.h"

#include <cassert>
#include <optional>
#include <utility>

#include "gatehouse/aws/cached_credentials.h"
#include "gatehouse/aws/credential_chain.h"
#include "gatehouse/gateway/state_files.h"
#include "gatehouse/gateway/upstream_settings.h"
#include "gatehouse/http/curl_client.h"
#include "gatehouse/store/dynamodb_record_store.h"
#include "gatehouse/vault/kms_key_provider.h"
#include "gatehouse/vault/local_key_provider.h"
#include "gatehouse/vault/token_key_records.h"

namespace gatehouse::gateway {
namespace {

http::CurlClientOptions aws_curl_options() {
  http::CurlClientOptions options = curl_options();
  options.plain_http_hosts = aws::link_local_credential_hosts();
  return options;
}

// One client for all of AWS, apart from Google's, so that neither waits in the other's line.
struct AwsAccess {
  AwsAccess(boost::asio::io_context& loop, const Config& config, const base::Clock& clock,
            base::Random& random, telemetry::Log& log)
      : client(loop, aws_curl_options()),
        credentials(aws::make_credential_chain(config.aws.clone(), client, clock, random), clock,
                    log) {}

  http::CurlClient client;
  aws::CachedCredentials credentials;
};

}  // namespace

class Backends::Impl {
 public:
  Impl(const Config& config, const base::Clock& clock, base::Random& random, telemetry::Log& log)
      : config_(config),
        table_(config.store == StoreKind::dynamodb ? config.dynamodb_table : "gatehouse"),
        clock_(clock),
        random_(random),
        log_(log) {}

  base::Result<void> open(boost::asio::io_context& loop) {
    if (config_.needs_aws()) aws_.emplace(loop, config_, clock_, random_, log_);
    auto opened = config_.store == StoreKind::dynamodb ? open_table() : open_files();
    if (!opened) return opened.error();
    if (config_.key == KeyKind::kms) return open_kms();
    return {};
  }

  base::Task<void> load() {
    if (!token_key_records_) co_return base::Result<void>();
    auto loaded = co_await token_key_records_->load();
    if (!loaded) co_return loaded.error();
    token_keys_.emplace(std::move(*loaded));
    co_return base::Result<void>();
  }

  base::Task<void> refresh() {
    if (!token_key_records_) co_return base::Result<void>();
    auto refreshed = co_await token_key_records_->refresh(*token_keys_);
    co_return refreshed;
  }

  vault::KeyContext data_key_context() const {
    return {{"app", "gatehouse"}, {"env", config_.public_host}, {"table", table_}, {"v", "1"}};
  }

  const Config& config_;
  const std::string table_;
  const base::Clock& clock_;
  base::Random& random_;
  telemetry::Log& log_;

  std::optional<AwsAccess> aws_;
  std::unique_ptr<aws::JsonClient> dynamodb_;
  std::unique_ptr<aws::JsonClient> kms_;
  std::unique_ptr<store::RecordStore> store_;
  store::Sweepable* sweepable_ = nullptr;
  store::Enumerable* rows_ = nullptr;
  const store::SqliteRecordStore* database_ = nullptr;
  std::unique_ptr<vault::LocalKeyProvider> local_keys_;
  std::unique_ptr<vault::KmsKeyProvider> kms_keys_;
  std::optional<vault::TokenKeyRecords> token_key_records_;
  std::optional<vault::TokenKeys> token_keys_;
  bool created_ = false;

 private:
  base::Result<std::unique_ptr<aws::JsonClient>> connect(aws::Service service) {
    auto region = aws::region_of(config_.aws);
    if (!region) return region.error();
    auto endpoint = aws::endpoint_of(service, *region, config_.aws);
    if (!endpoint) return endpoint.error();
    return std::make_unique<aws::JsonClient>(service, std::move(*endpoint), aws_->client,
                                             aws_->credentials, aws::JsonClientOptions(), clock_,
                                             random_, log_);
  }

  base::Result<void> open_table() {
    auto client = connect(aws::Service::dynamodb);
    if (!client) return client.error();
    dynamodb_ = std::move(*client);
    auto table = std::make_unique<store::DynamodbRecordStore>(*dynamodb_, table_, clock_);
    rows_ = table.get();
    store_ = std::move(table);
    return {};
  }

  base::Result<void> open_files() {
    auto files = open_state_files(config_, clock_, random_);
    if (!files) return files.error();
    store_ = std::move(files->store);
    sweepable_ = files->sweepable;
    rows_ = files->rows;
    database_ = files->database;
    created_ = files->created;
    if (!files->keys) return {};
    local_keys_ = std::make_unique<vault::LocalKeyProvider>(std::move(files->keys->master_keys),
                                                            config_.key_path, random_, log_);
    token_keys_.emplace(std::move(files->keys->token_keys));
    return {};
  }

  base::Result<void> open_kms() {
    auto client = connect(aws::Service::kms);
    if (!client) return client.error();
    kms_ = std::move(*client);
    kms_keys_ =
        std::make_unique<vault::KmsKeyProvider>(*kms_, config_.kms_keys, data_key_context());
    vault::Deployment deployment;
    deployment.table = table_;
    deployment.issuer = config_.public_url;
    deployment.data_key_context = data_key_context();
    token_key_records_.emplace(std::move(deployment), *store_, *kms_keys_, clock_, random_, log_);
    return {};
  }
};

Backends::Backends(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Backends::~Backends() = default;

base::Result<std::unique_ptr<Backends>> Backends::open(boost::asio::io_context& loop,
                                                       const Config& config,
                                                       const base::Clock& clock,
                                                       base::Random& random, telemetry::Log& log) {
  auto impl = std::make_unique<Impl>(config, clock, random, log);
  auto opened = impl->open(loop);
  if (!opened) return opened.error();
  return std::unique_ptr<Backends>(new Backends(std::move(impl)));
}

base::Task<void> Backends::load() { return impl_->load(); }
base::Task<void> Backends::refresh() { return impl_->refresh(); }

store::RecordStore& Backends::store() { return *impl_->store_; }
store::Sweepable* Backends::sweepable() { return impl_->sweepable_; }
store::Enumerable& Backends::rows() { return *impl_->rows_; }

vault::KeyProvider& Backends::keys() {
  if (impl_->kms_keys_) return *impl_->kms_keys_;
  return *impl_->local_keys_;
}

vault::KeyRewrapper& Backends::rewrapper() {
  if (impl_->kms_keys_) return *impl_->kms_keys_;
  return *impl_->local_keys_;
}

const vault::TokenKeys& Backends::token_keys() const {
  assert(impl_->token_keys_ && "load() has not succeeded");
  return *impl_->token_keys_;
}

const std::string& Backends::table() const { return impl_->table_; }
vault::KeyContext Backends::data_key_context() const { return impl_->data_key_context(); }
vault::KeyContext Backends::token_key_context() const {
  return vault::token_key_context(impl_->data_key_context());
}

bool Backends::created() const { return impl_->created_; }

std::uint64_t Backends::store_failures() const {
  if (impl_->dynamodb_) return impl_->dynamodb_->failures();
  return impl_->database_ != nullptr ? impl_->database_->failures() : 0;
}

std::uint64_t Backends::kms_failures() const { return impl_->kms_ ? impl_->kms_->failures() : 0; }

aws::CachedCredentials* Backends::credentials() {
  return impl_->aws_ ? &impl_->aws_->credentials : nullptr;
}
aws::JsonClient* Backends::dynamodb() { return impl_->dynamodb_.get(); }
aws::JsonClient* Backends::kms() { return impl_->kms_.get(); }

}  // namespace gatehouse::gateway
