// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/crypto/aead.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "gatehouse/base/json.h"
#include "gatehouse/base/random.h"
#include "gatehouse/crypto/known_answers.h"

namespace gatehouse::crypto {
namespace {

struct GcmRow {
  std::string_view name;
  std::string_view key;
  std::string_view nonce;
  std::string_view aad;
  std::string_view plaintext;
  std::string_view ciphertext;
  std::string_view tag;
};

// The first four are published with the algorithm; the others were computed by another
// implementation.
constexpr GcmRow kGcmRows[] = {
    {"GCM submission, case 13", "0000000000000000000000000000000000000000000000000000000000000000",
     "000000000000000000000000", "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"},
    {"GCM submission, case 14", "0000000000000000000000000000000000000000000000000000000000000000",
     "000000000000000000000000", "", "00000000000000000000000000000000",
     "cea7403d4d606b6e074ec5d3baf39d18", "d0d1c8a799996bf0265b98b5d48ab919"},
    {"GCM submission, case 15", "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
     "cafebabefacedbaddecaf888", "",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c9595680953"
     "2fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3d"
     "a7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad",
     "b094dac5d93471bdec1a502270e3cc6c"},
    {"GCM submission, case 16", "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
     "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c9595680953"
     "2fcf0e2449a6b525b16aedf5aa0de657ba637b39",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3d"
     "a7b08b1056828838c5f61e6393ba7a0abcc9f662",
     "76fc6ece0f4e1768cddf8853bb2d551b"},
    {"aad 1, text 0", "ac72368a586a18c19088393573ce03074b8e8a4d8c21add8729af1890a407e52",
     "2fcd5c20d51c5b02c1e9d887", "1c", "", "", "140237125edec7aab01d1582f25e1dcf"},
    {"aad 0, text 1", "a6685f3b62d57bfc4935263140bae87fcd48088975c238c1c8455fa2c716659d",
     "5ee4a9e2ed4e82ea361f1d1c", "", "76", "37", "983bfdcb6113c531ced8c5b7e297abae"},
    {"aad 13, text 15", "e6b190f6cd6fa4b87b2a657937257a5712116f79f8a07baeeb24c25bba8aef81",
     "f78c966be5507f2ea7d2ceae", "cfde5fec8cf65ab88cc7e59eca", "86b69b4692124b8a131b13a4c8f37e",
     "addec7b37d76d745f1c08345e7a795", "6d7b5a1ab111c9787e490158e9024515"},
    {"aad 16, text 16", "eab817087de37b4d5920b194489c5b7f9a0b4d44e9519c08d1aaab7ed53a5b69",
     "07b4419024faa65541d44512", "75b92cd98dabc0b4f448703bce4166db",
     "77e1821dc4b06fe985544c2b54d3713b", "8993a6b14343982d791c5fd2244d4f03",
     "3d8c8559814b01b1f7c639da846b1546"},
    {"aad 17, text 17", "592506cf9dae29d0e663bd7d908d8b44438ee417fa151b25d22c079b61f29630",
     "9cb0ffabddc4511fca1e3ea1", "aa0bada26fda1ba59158d38a1203f20370",
     "b66dd4041b019f38896e01782f8576b2b2", "3e72558b5152fd7499b050e6dbf6b86600",
     "03a988d7ff5ff69a3691fdcd228fbf89"},
    {"aad 64, text 31", "b3d8acb98c59e4a872d0a43cb21135c13bc7f599b64918059771d2544242cc6a",
     "7cf42a426a1b9d3f91d6e6a8",
     "5b96008d2dc8bc022a19e3da0c5a5f86d5c0fd0004cc9966ebf8e0c44f0d925dc4905ec262067e07"
     "6c7b5e006bcc672d1c2bd3f7842f0f8c18a2abc9cec8b5e7",
     "77db5bfe00c24c216af7d10514b2984e85b8f7b45e2e23a72381ff547a292a",
     "9079c939d3d4c8f43759a2d5a1f27597bafccfd31609f5feae085e9b7b05bc",
     "385bd859a5a7d7962404851dc758d4fe"},
    {"aad 200, text 33", "e21c9380778aa3974f12310a5ee1b635c09107e786e727cd5a7cabde037e7693",
     "db15269dc64bbbaccf15b8a8",
     "fda0424afcc815ad2cce817e0e251d11092b8f15056d73aa97dfc584a3e6e687fb44e28ac5ea5f3d"
     "7ba5ce0244c613f1c3769307a79fb889c3862fdb493bc62a5e9fa10a189f7bb981f998c6cde2d8b2"
     "6a622c6497de94c42a029af63c9bb6005e04839066a309b9544af5afe319abba36df211c57e4225e"
     "d041af49228f9675cb8ea4bfe2262f031f17b0b99f2bc959fe776a5edca0846b56914a2facbe9326"
     "94d16277b8877c2856cdb235fe1f356b995a6b05a4a10423cb02db8d6ef786bd15274d476c57a48b",
     "180953f6edbe3821c47ba235a0d9f5e3ce9ff3ad61e0a0c9baadfa7de51ad349da",
     "314596b62154a6ff705ab1d80fe31380f92cf7df81011f599640098e718fd25e71",
     "a50a7a1cfdec93f9b5b3f1e58cace067"},
    {"aad 0, text 129", "f5ff61d7b533cd7371f120b74bb93602758cee22e3a30244fbe90fbe99ca4623",
     "ba44aa70781929e5eb7d70e6", "",
     "d946fefda16a30b3ce43631fc66eb639546aaf6ceb92720b8b041d3d93038183d4f887fa30d8a242"
     "d20e30eaaf761ac8cbace131b396bd5f84dd8bf93456981fca7e3c09747ddccd9a77df899b4243a1"
     "e932c11fc262cc4ec6ebb0bcc42021b6495e71b1fa72ae760a4123de6752ff82684b76318bcd3068"
     "454ed551dc44f25499",
     "d4b0a7166599f542aaa33d401f1454ef36b171ab6cba674c081ce3d826d4b3979ca9815923cfeaec"
     "11fd70108b717cd0d7d35516d2e860997a437d918f7415dce8b5c34cc33beb19a94a608769b833ea"
     "ec2b3f2043d43f7fea355a09bbfd8baf5862decc29afce15052b871624d10c070e62abe203213cae"
     "7e6a7f0fd4a5a9f393",
     "c527a5fa170eb693bc75ba8fee6424f7"},
};

// VA-24
TEST(Aead, GivesTheKnownAnswers) {
  for (const GcmRow& row : kGcmRows) {
    SCOPED_TRACE(row.name);
    const std::string key = from_hex(row.key);
    const std::string nonce = from_hex(row.nonce);
    const SealedBytes sealed = aead_seal(key, nonce, from_hex(row.aad), from_hex(row.plaintext));
    EXPECT_EQ(sealed.ciphertext, from_hex(row.ciphertext));
    EXPECT_EQ(sealed.tag, from_hex(row.tag));
    const auto opened =
        aead_open(key, nonce, from_hex(row.aad), from_hex(row.ciphertext), from_hex(row.tag));
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->reveal(), from_hex(row.plaintext));
  }
}

// VA-24
TEST(Aead, AgreesWithWycheproof) {
  const auto text = wycheproof("aes_gcm_test.json");
  if (!text) GTEST_SKIP() << "GATEHOUSE_WYCHEPROOF is not set";
  const auto parsed = base::JsonDocument::parse(*text);
  ASSERT_TRUE(parsed);
  int tried = 0;
  for (const base::JsonValue& group : parsed->root().find("testGroups")->elements()) {
    if (group.find_integer("keySize") != 256 || group.find_integer("ivSize") != 96) continue;
    for (const base::JsonValue& test : group.find("tests")->elements()) {
      const auto field = [&test](std::string_view name) {
        return from_hex(*test.find_string(name));
      };
      const auto opened =
          aead_open(field("key"), field("iv"), field("aad"), field("ct"), field("tag"));
      EXPECT_EQ(bool(opened), test.find_string("result") == "valid") << test.to_text();
      if (opened) {
        EXPECT_EQ(opened->reveal(), field("msg"));
      }
      ++tried;
    }
  }
  EXPECT_GE(tried, 66);
}

struct Sealing {
  std::string key = std::string(32, 'k');
  std::string nonce = std::string(12, 'n');
  std::string aad = "bound to this record";
  std::string plaintext = "refresh token of somebody";
  SealedBytes sealed = aead_seal(key, nonce, aad, plaintext);

  bool opens() const { return bool(aead_open(key, nonce, aad, sealed.ciphertext, sealed.tag)); }
};

// VA-03
TEST(Aead, RefusesEverySingleFlippedBit) {
  Sealing sealing;
  ASSERT_TRUE(sealing.opens());
  for (std::string* field : {&sealing.key, &sealing.nonce, &sealing.aad, &sealing.sealed.ciphertext,
                             &sealing.sealed.tag}) {
    for (std::size_t bit = 0; bit < field->size() * 8; ++bit) {
      const auto mask = static_cast<char>(1 << (bit % 8));
      char& byte = (*field)[bit / 8];
      byte = static_cast<char>(byte ^ mask);
      EXPECT_FALSE(sealing.opens()) << bit;
      byte = static_cast<char>(byte ^ mask);
    }
  }
  EXPECT_TRUE(sealing.opens());
}

// VA-27
TEST(Aead, RefusesTagsOfOtherSizes) {
  Sealing sealing;
  const std::string whole = sealing.sealed.tag;
  for (const std::size_t size : {0u, 1u, 4u, 8u, 12u, 13u, 14u, 15u}) {
    sealing.sealed.tag = whole.substr(0, size);
    EXPECT_FALSE(sealing.opens()) << size;
  }
  sealing.sealed.tag = whole + whole;
  EXPECT_FALSE(sealing.opens());
  sealing.sealed.tag = whole + '\0';
  const auto opened = aead_open(sealing.key, sealing.nonce, sealing.aad, sealing.sealed.ciphertext,
                                sealing.sealed.tag);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, base::Errc::denied);
}

// VA-27
TEST(Aead, RefusesCutAndLengthenedCiphertexts) {
  Sealing sealing;
  const std::string whole = sealing.sealed.ciphertext;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    sealing.sealed.ciphertext = whole.substr(0, size);
    EXPECT_FALSE(sealing.opens()) << size;
  }
  sealing.sealed.ciphertext = whole + '\0';
  EXPECT_FALSE(sealing.opens());
  sealing.sealed.ciphertext = std::string(8 * 1024 * 1024, 'x');
  EXPECT_FALSE(sealing.opens());
}

TEST(Aead, BordersBetweenAadAndTextCount) {
  const std::string key(32, 'k');
  const std::string nonce(12, 'n');
  EXPECT_NE(aead_seal(key, nonce, "ab", "c").tag, aead_seal(key, nonce, "a", "bc").tag);
}

TEST(Aead, AnyLengthSurvivesTheRoundTrip) {
  base::SeededRandom random(5);
  for (const std::size_t size : {0u, 1u, 15u, 16u, 17u, 4095u, 65536u, 1'000'003u}) {
    const base::Secret key = random.secret(kAeadKeyBytes);
    const base::Secret nonce = random.secret(kAeadNonceBytes);
    const base::Secret text = random.secret(size);
    const SealedBytes sealed = aead_seal(key.reveal(), nonce.reveal(), "", text.reveal());
    const auto opened = aead_open(key.reveal(), nonce.reveal(), "", sealed.ciphertext, sealed.tag);
    ASSERT_TRUE(opened) << size;
    EXPECT_EQ(opened->reveal(), text.reveal());
  }
}

TEST(Aead, WorksAfterARefusal) {
  Sealing good;
  Sealing bad;
  bad.sealed.tag[0] = static_cast<char>(bad.sealed.tag[0] ^ 1);
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(bad.opens());
    EXPECT_TRUE(good.opens());
  }
}

TEST(Aead, ThreadsDoNotDisturbEachOther) {
  std::vector<std::thread> threads;
  for (char name = 'a'; name < 'e'; ++name) {
    threads.emplace_back([name] {
      Sealing sealing;
      sealing.key = std::string(32, name);
      for (int i = 0; i < 300; ++i) {
        sealing.sealed = aead_seal(sealing.key, sealing.nonce, sealing.aad, sealing.plaintext);
        ASSERT_TRUE(sealing.opens());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(AeadDeathTest, DemandsTheRightKeyAndNonceSizes) {
  EXPECT_DEATH(aead_seal(std::string(16, 'k'), std::string(12, 'n'), "", ""), "32 bytes");
  EXPECT_DEATH(aead_seal(std::string(32, 'k'), std::string(16, 'n'), "", ""), "12 bytes");
}

}  // namespace
}  // namespace gatehouse::crypto
