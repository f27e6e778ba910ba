// Asserts: arrays of every type and rank come back bit for bit; files that NumPy 2.4.6 wrote are read; each
// file that cannot be used is refused with a sentence that names it and says why; a failed write leaves what
// was there. To add a malformed file, add a line to `Npy.RefusesUnusableHeaders` or a test that builds its
// bytes.
#include "common/npy.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

namespace crossover {
namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;

class Npy : public testing::Test {
 protected:
  Npy() : folder_(fs::temp_directory_path() / ("crossover-npy-" + std::to_string(::getpid()))) {
    fs::create_directories(folder_);
  }
  ~Npy() override { fs::remove_all(folder_); }

  fs::path path(const std::string& name = "a.npy") const { return folder_ / name; }

  fs::path store(const std::string& bytes) const {
    std::ofstream(path(), std::ios::binary) << bytes;
    return path();
  }
  static std::string load(const fs::path& from) {
    std::ifstream file(from, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  /// The sentence with which the file is refused; empty where it is accepted.
  static std::string complaint(const fs::path& file) {
    try {
      read_npy_header(file);
      return {};
    } catch (const NpyError& error) {
      return error.what();
    }
  }
  void expect_refused(const std::string& bytes, const std::string& why) const {
    const std::string sentence = complaint(store(bytes));
    EXPECT_TRUE(sentence.starts_with(path().string() + ": ")) << sentence;
    EXPECT_NE(sentence.find(why), std::string::npos) << "expected: " << why << "\nsentence: " << sentence;
  }

  fs::path folder_;
};

/// Prefix, header padded to `pad` bytes, data.
std::string npy(const std::string& dict, const std::string& data, int version = 1, std::size_t pad = 64) {
  const std::size_t prefix = version == 1 ? 10 : 12;
  std::string header = dict;
  while ((prefix + header.size() + 1) % pad != 0) header += ' ';
  header += '\n';
  std::string bytes = "\x93NUMPY"s + static_cast<char>(version) + '\0';
  for (std::size_t i = 0; i < prefix - 8; ++i) bytes += static_cast<char>(header.size() >> (8 * i) & 0xff);
  return bytes + header + data;
}

std::string from_hex(const std::string& digits) {
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2)
    bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  return bytes;
}

/// As numpy.save of NumPy 2.4.6 pads a header: to 128 bytes in all.
std::string numpy_file(const std::string& dict, const std::string& data_hex, int version = 1) {
  return npy(dict, from_hex(data_hex), version, 128);
}

template <class T>
std::vector<T> values_of(const fs::path& file) {
  const NpyHeader header = read_npy_header(file);
  std::vector<T> values(static_cast<std::size_t>(header.extents.count()));
  read_npy(file, header, {values.data(), type_of<T>, header.extents});
  return values;
}

template <class T>
std::vector<T> awkward_values(std::size_t count) {
  std::vector<T> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<T>(i * 7) - static_cast<T>(11);
  values.front() = std::numeric_limits<T>::lowest();
  values.back() = std::numeric_limits<T>::max();
  return values;
}

template <class T>
void expect_round_trip(const fs::path& file, const Extents& extents) {
  std::vector<T> values = awkward_values<T>(static_cast<std::size_t>(extents.count()));
  write_npy(file, {values.data(), type_of<T>, extents});
  const NpyHeader header = read_npy_header(file);
  EXPECT_EQ(header.type, type_of<T>);
  EXPECT_EQ(header.extents, extents);
  EXPECT_EQ(header.data_offset % 64, 0U);
  EXPECT_EQ(values_of<T>(file), values);
}

TEST_F(Npy, RoundTripOfEveryTypeAndRank) {
  for (const Extents& extents : {Extents{0, {1, 1}}, Extents{1, {1, 1}}, Extents{1, {1000, 1}},
                                 Extents{2, {1, 7}}, Extents{2, {7, 1}}, Extents{2, {129, 127}}}) {
    expect_round_trip<float>(path(), extents);
    expect_round_trip<double>(path(), extents);
    expect_round_trip<std::int64_t>(path(), extents);
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1) << "a temporary file was left";
}

TEST_F(Npy, KeepsNotANumberAndInfinity) {
  std::vector<float> values = {std::nanf(""), -std::numeric_limits<float>::infinity(), -0.0F};
  write_npy(path(), {values.data(), Type::f32, {1, {3, 1}}});
  const std::vector<float> back = values_of<float>(path());
  EXPECT_TRUE(std::isnan(back[0]));
  EXPECT_EQ(back[1], values[1]);
  EXPECT_TRUE(std::signbit(back[2]));
}

TEST_F(Npy, ReadsWhatNumpyWrote) {
  store(numpy_file("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }",
                   "0000c03f000000c0000040400000803e0000807f0000c040"));
  EXPECT_EQ(values_of<float>(path()),
            (std::vector<float>{1.5F, -2, 3, 0.25F, std::numeric_limits<float>::infinity(), 6}));
  EXPECT_EQ(read_npy_header(path()).extents, (Extents{2, {2, 3}}));
  store(numpy_file("{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }",
                   "0100000000002000ffffffffffffffff"));
  EXPECT_EQ(values_of<std::int64_t>(path()), (std::vector<std::int64_t>{(std::int64_t{1} << 53) + 1, -1}));
  store(numpy_file("{'descr': '<f8', 'fortran_order': False, 'shape': (), }", "182d4454fb210940"));
  EXPECT_EQ(values_of<double>(path()), std::vector<double>{std::numbers::pi});
  for (const int version : {2, 3}) {
    store(numpy_file("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1), }", "0000c03f", version));
    EXPECT_EQ(values_of<float>(path()), std::vector<float>{1.5F}) << "format " << version;
  }
}

TEST_F(Npy, WritesWhatNumpyWrites) {
  std::vector<float> values = {1.5F, -2, 3, 0.25F, 5, 6};
  write_npy(path(), {values.data(), Type::f32, {2, {2, 3}}});
  const std::string bytes = load(path());
  EXPECT_TRUE(bytes.starts_with("\x93NUMPY\x01\0"s));
  EXPECT_EQ(bytes.find("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"), 10U);
  EXPECT_TRUE(bytes.ends_with(from_hex("0000c03f000000c0000040400000803e0000a0400000c040")));
}

TEST_F(Npy, ReadsAPart) {
  std::vector<double> values = awkward_values<double>(20);
  write_npy(path(), {values.data(), Type::f64, {2, {5, 4}}});
  const NpyHeader header = read_npy_header(path());
  std::vector<double> part(8);
  read_npy(path(), header, {part.data(), Type::f64, {2, {2, 4}}}, 3);
  EXPECT_EQ(part, std::vector<double>(values.begin() + 12, values.end()));
  EXPECT_THROW(read_npy(path(), header, {part.data(), Type::f64, {2, {2, 4}}}, 4), std::logic_error);
  EXPECT_THROW(read_npy(path(), header, {part.data(), Type::f32, {2, {2, 4}}}), std::logic_error);
  EXPECT_THROW(read_npy(path(), header, {part.data(), Type::f64, {2, {4, 2}}}), std::logic_error);
}

TEST_F(Npy, AcceptsAnySpellingOfTheHeader) {
  const std::string data(16, '\1');
  for (const char* dict : {"{'shape':(2,2),'fortran_order':False,'descr':'<f4'}",
                           "  {  \"descr\" : \"<f4\" , 'shape' : ( 2 , 2 , ) , 'fortran_order' : False , } ",
                           "{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 2L), }"}) {
    EXPECT_EQ(complaint(store(npy(dict, data))), "") << dict;
    EXPECT_EQ(read_npy_header(path()).extents, (Extents{2, {2, 2}})) << dict;
  }
  // In Fortran order, but a single row, a single column or a vector is the same in both.
  for (const char* shape : {"(1, 4)", "(4, 1)", "(4,)"})
    EXPECT_EQ(complaint(store(npy("{'descr': '<f4', 'fortran_order': True, 'shape': "s + shape + "}", data))),
              "");
}

TEST_F(Npy, RefusesUnusableHeaders) {
  const auto dict = [](const std::string& descr, const std::string& order, const std::string& shape) {
    return "{'descr': " + descr + ", 'fortran_order': " + order + ", 'shape': " + shape + ", }";
  };
  const std::string data(24, '\0'), no_dict = "not the dict literal";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {dict("'<f4'", "True", "(2, 3)"), "numpy.ascontiguousarray"},
      {dict("'>f4'", "False", "(2, 3)"), "byte-swapped"},
      {dict("'>i8'", "False", "(3,)"), "byte-swapped"},
      {dict("'|O'", "False", "(3,)"), "Python objects"},
      {dict("'<f2'", "False", "(12,)"), "dtype <f2"},
      {dict("'<i4'", "False", "(6,)"), "dtype <i4"},
      {dict("'|b1'", "False", "(24,)"), "dtype |b1"},
      {dict("'<c8'", "False", "(3,)"), "dtype <c8"},
      {dict("'<U6'", "False", "(1,)"), "dtype <U6"},
      {dict("[('x', '<f4'), ('y', '<f4')]", "False", "(3,)"), "structured"},
      {dict("'<f4'", "False", "(1, 2, 3)"), "3 axes"},
      {dict("'<f4'", "False", "(-2, 3)"), "negative size (-2)"},
      {dict("'<f4'", "False", "(2, 99999999999999999999)"), "63 bits"},
      {dict("'<f8'", "False", "(4294967296, 4294967296)"), "overflow"},
      {dict("'<f4'", "False", "(9223372036854775807,)"), "overflow"},
      {dict("'<f4'", "False", "(0,)"), "empty"},
      {dict("'<f4'", "False", "(3, 0)"), "empty"},
      {dict("'<f4'", "False", "(7,)"), "promises 28 bytes of data, 24 are there"},
      {dict("'<f4'", "False", "(5,)"), "4 bytes behind its data"},
      {dict("'<f4'", "0", "(6,)"), no_dict},
      {dict("'<f4'", "False", "(6)"), no_dict},
      {dict("'<f4'", "False", "[6]"), no_dict},
      {dict("'<f4'", "False", "(6.0,)"), no_dict},
      {dict("'<f4'", "False", "(2 3)"), no_dict},
      {dict("<f4", "False", "(6,)"), no_dict},
      {"{'descr': '<f4", no_dict},
      {"{'descr': '<f4', 'fortran_order': False}", no_dict},
      {"{'descr': '<f4', 'shape': (6,)}", no_dict},
      {"{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (6,)}", no_dict},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (6,), 'more': 1}", no_dict},
      {"{'descr': '<f4' 'fortran_order': False, 'shape': (6,)}", no_dict},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (6,)", no_dict},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (6,)} and more", no_dict},
      {"['<f4', False, (6,)]", no_dict},
      {"__import__('os')", no_dict},
      {"", no_dict},
  };
  for (const auto& [header, why] : cases) expect_refused(npy(header, data), why);
}

TEST_F(Npy, RefusesFilesThatAreNone) {
  expect_refused("", "no bytes");
  expect_refused("1.0,2.0,3.0\n4.0,5.0,6.0\n", "not a .npy file");
  expect_refused("PK\x03\x04 an .npz archive", "not a .npy file");
  expect_refused("\x93NUMPX\x01\0v\0"s, "not a .npy file");
  expect_refused("\x93NUMPY\x09\0v\0 much more"s, "format 9.0");
  expect_refused("\x93NUMPY\x01\x01v\0 much more"s, "format 1.1");
  EXPECT_NE(complaint(path("absent.npy")).find("No such file"), std::string::npos);
  EXPECT_NE(complaint(folder_).find("not a regular file"), std::string::npos);
}

TEST_F(Npy, RefusesEveryTruncation) {
  for (const int version : {1, 2}) {
    const std::string whole =
        npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", std::string(24, '\2'), version);
    EXPECT_EQ(complaint(store(whole)), "");
    for (std::size_t bytes = 1; bytes < whole.size(); ++bytes)
      expect_refused(whole.substr(0, bytes), "truncated");
    expect_refused(whole + 'x', "1 bytes behind its data");
  }
}

TEST_F(Npy, RefusesAHeaderLongerThanTheFile) {
  expect_refused("\x93NUMPY\x01\0\xff\xff{'descr': '<f4'"s, "truncated");
  expect_refused("\x93NUMPY\x02\0\xff\xff\xff\xff{'descr': '<f4'"s, "truncated");
}

TEST_F(Npy, NoticesAFileThatShrankAfterItsHeaderWasRead) {
  std::vector<float> values(6, 1.0F);
  write_npy(path(), {values.data(), Type::f32, {1, {6, 1}}});
  const NpyHeader header = read_npy_header(path());
  fs::resize_file(path(), fs::file_size(path()) - 4);
  EXPECT_THROW(read_npy(path(), header, {values.data(), Type::f32, {1, {6, 1}}}), NpyError);
}

TEST_F(Npy, AFailedWriteLeavesWhatWasThere) {
  std::vector<double> values(100'000, 2.5);
  const HostArray small{values.data(), Type::f64, {1, {10, 1}}},
      large{values.data(), Type::f64, {1, {100'000, 1}}};
  write_npy(path(), small);
  const std::string before = load(path());

  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &limit), 0);
  const rlimit full{4096, limit.rlim_max};  // a write past 4096 bytes fails, as on a full disk
  const auto old_handler = ::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
  std::string sentence;
  try {
    write_npy(path(), large);
  } catch (const NpyError& error) {
    sentence = error.what();
  }
  ::setrlimit(RLIMIT_FSIZE, &limit);
  ::signal(SIGXFSZ, old_handler);

  EXPECT_NE(sentence.find(path().string() + ": cannot be written: "), std::string::npos) << sentence;
  EXPECT_EQ(load(path()), before);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1) << "a temporary file was left";
}

TEST_F(Npy, WritesIntoNoMissingFolderAndOverNoDevice) {
  float value = 1;
  const HostArray array{&value, Type::f32, {}};
  EXPECT_THROW(write_npy(path("absent") / "a.npy", array), NpyError);
  EXPECT_THROW(write_npy("/dev/full", array), NpyError);
  EXPECT_THROW(write_npy(folder_, array), NpyError);
  EXPECT_TRUE(fs::is_character_file("/dev/full"));
}

}  // namespace
}  // namespace crossover
