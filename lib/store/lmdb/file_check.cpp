#include "store/lmdb/file_check.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <vector>

namespace corka::store::lmdb {

namespace {

// LMDB's file format 1 on machines with 64-bit words, in the machine's byte order.
constexpr std::uint32_t meta_magic = 0xBEEFC0DE;
constexpr std::uint32_t data_version = 1;
constexpr std::size_t page_header = 16;
constexpr std::size_t node_header = 8;
constexpr std::uint64_t no_page = ~std::uint64_t{0};
enum page_flag : std::uint16_t { branch = 1, leaf = 2, overflow = 4, meta = 8 };
enum node_flag : std::uint16_t { big_value = 1 };

template <class T>
T read_at(const std::vector<char>& page, std::size_t at) {
  T value;
  std::memcpy(&value, page.data() + at, sizeof value);
  return value;
}

struct tree {
  std::uint16_t depth = 0;
  std::uint64_t root = no_page;
};

struct header {
  std::uint32_t page_bytes = 0;
  std::array<tree, 2> trees;  // free pages, rows
  std::uint64_t last_page = 0;
  std::uint64_t transaction = 0;
};

class damaged : public std::exception {
 public:
  explicit damaged(std::string what) : what_{std::move(what)} {}
  [[nodiscard]] const char* what() const noexcept override { return what_.c_str(); }

 private:
  std::string what_;
};

void expect(bool ok, std::uint64_t page) {
  if (!ok) throw damaged{"is damaged at page " + std::to_string(page)};
}

class file {
 public:
  explicit file(const std::filesystem::path& path) : fd_{::open(path.c_str(), O_RDONLY | O_CLOEXEC)} {
    struct ::stat is{};
    if (fd_ < 0 || ::fstat(fd_, &is) != 0) {
      const std::string why = std::strerror(errno);
      if (fd_ >= 0) ::close(fd_);
      throw damaged{"cannot be read: " + why};
    }
    bytes_ = static_cast<std::uint64_t>(is.st_size);
  }
  file(const file&) = delete;
  file& operator=(const file&) = delete;
  ~file() { ::close(fd_); }

  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  void read(std::uint64_t at, std::vector<char>& into) const {
    std::size_t have = 0;
    while (have < into.size()) {
      const auto n = ::pread(fd_, into.data() + have, into.size() - have, static_cast<off_t>(at + have));
      if (n <= 0) throw damaged{n == 0 ? "is cut short" : "cannot be read: " + std::string{std::strerror(errno)}};
      have += static_cast<std::size_t>(n);
    }
  }

 private:
  int fd_;
  std::uint64_t bytes_ = 0;
};

header read_header(const std::vector<char>& page, std::uint64_t number) {
  if ((read_at<std::uint16_t>(page, 10) & meta) == 0 || read_at<std::uint32_t>(page, 16) != meta_magic) {
    throw damaged{"is not an LMDB file"};
  }
  if (read_at<std::uint32_t>(page, 20) != data_version) throw damaged{"has another LMDB file format"};
  header h;
  h.page_bytes = read_at<std::uint32_t>(page, 40);
  for (std::size_t i = 0; i < 2; ++i) {
    h.trees[i].depth = read_at<std::uint16_t>(page, 40 + i * 48 + 6);
    h.trees[i].root = read_at<std::uint64_t>(page, 40 + i * 48 + 40);
  }
  h.last_page = read_at<std::uint64_t>(page, 136);
  h.transaction = read_at<std::uint64_t>(page, 144);
  const bool power_of_two = (h.page_bytes & (h.page_bytes - 1)) == 0;
  expect(h.page_bytes >= 512 && h.page_bytes <= 65536 && power_of_two && h.last_page >= 1, number);
  return h;
}

class walk {
 public:
  walk(const file& in, const header& h) : in_{in}, header_{h}, seen_(h.last_page + 1), page_(h.page_bytes) {}

  void run(const tree& t, bool leaves, bool of_free_pages) {
    if (t.root == no_page) return;
    expect(t.depth >= 1 && t.depth <= 32, t.root);
    std::vector<step> open{{t.root, 1}};
    while (!open.empty()) {
      const auto [number, level] = open.back();
      open.pop_back();
      take(number, 1);
      const bool is_leaf = level == t.depth;
      if (is_leaf && level > 1 && !leaves) continue;
      const auto nodes = load(number, is_leaf ? leaf : branch);
      for (std::size_t i = 0; i < nodes; ++i) {
        const auto at = node(number, i);
        if (is_leaf) {
          check_value(number, at, of_free_pages);
        } else {
          open.push_back({child(at), static_cast<std::uint16_t>(level + 1)});
        }
      }
    }
  }

 private:
  struct step {
    std::uint64_t page;
    std::uint16_t level;
  };

  /// Every page has one place.
  void take(std::uint64_t first, std::uint64_t count) {
    expect(first >= 2 && first <= header_.last_page && count <= header_.last_page - first + 1, first);
    for (auto p = first; p < first + count; ++p) {
      expect(!seen_[p], p);
      seen_[p] = true;
    }
  }

  /// Reads a page and answers how many nodes it has.
  std::size_t load(std::uint64_t number, page_flag kind) {
    in_.read(number * header_.page_bytes, page_);
    const auto flags = read_at<std::uint16_t>(page_, 10);
    const std::size_t lower = read_at<std::uint16_t>(page_, 12);
    const std::size_t upper = read_at<std::uint16_t>(page_, 14);
    expect(read_at<std::uint64_t>(page_, 0) == number && (flags & (branch | leaf | overflow | meta)) == kind, number);
    expect(lower >= page_header && lower % 2 == 0 && lower <= upper && upper <= page_.size(), number);
    return (lower - page_header) / 2;
  }

  std::size_t node(std::uint64_t number, std::size_t i) const {
    const std::size_t at = read_at<std::uint16_t>(page_, page_header + i * 2);
    expect(at >= read_at<std::uint16_t>(page_, 14) && at + node_header <= page_.size(), number);
    expect(at + node_header + read_at<std::uint16_t>(page_, at + 6) <= page_.size(), number);
    return at;
  }

  std::uint64_t child(std::size_t at) const {
    return read_at<std::uint32_t>(page_, at) | std::uint64_t{read_at<std::uint16_t>(page_, at + 4)} << 32U;
  }

  void check_value(std::uint64_t number, std::size_t at, bool of_free_pages) {
    const std::uint64_t bytes = read_at<std::uint32_t>(page_, at);
    const auto flags = read_at<std::uint16_t>(page_, at + 4);
    const auto value = at + node_header + read_at<std::uint16_t>(page_, at + 6);
    expect((flags & ~big_value) == 0, number);
    if ((flags & big_value) == 0) {
      expect(value + bytes <= page_.size(), number);
      if (of_free_pages)
        check_free_list(number, {page_.begin() + static_cast<std::ptrdiff_t>(value),
                                 page_.begin() + static_cast<std::ptrdiff_t>(value + bytes)});
      return;
    }
    expect(value + sizeof(std::uint64_t) <= page_.size(), number);
    const auto first = read_at<std::uint64_t>(page_, value);
    const auto pages = (page_header + bytes + header_.page_bytes - 1) / header_.page_bytes;
    take(first, pages);
    std::vector<char> head(of_free_pages ? page_header + bytes : page_header);
    in_.read(first * header_.page_bytes, head);
    expect(read_at<std::uint64_t>(head, 0) == first && (read_at<std::uint16_t>(head, 10) & overflow) != 0 &&
               read_at<std::uint32_t>(head, 12) >= pages,
           first);
    if (of_free_pages) check_free_list(first, {head.begin() + page_header, head.end()});
  }

  /// A count, then that many page numbers.
  void check_free_list(std::uint64_t number, const std::vector<char>& list) const {
    expect(list.size() >= 8, number);
    const auto count = read_at<std::uint64_t>(list, 0);
    expect(count <= list.size() / 8 - 1, number);
    for (std::uint64_t i = 1; i <= count; ++i) {
      const auto page = read_at<std::uint64_t>(list, i * 8);
      expect(page >= 2 && page <= header_.last_page, number);
    }
  }

  const file& in_;
  const header& header_;
  std::vector<bool> seen_;
  std::vector<char> page_;
};

}  // namespace

std::string damage_of(const std::filesystem::path& data_file, std::uint64_t leaves_up_to) try {
  const file in{data_file};
  std::vector<char> page(152);
  in.read(0, page);
  auto newest = read_header(page, 0);
  in.read(newest.page_bytes, page);
  const auto other = read_header(page, 1);
  expect(other.page_bytes == newest.page_bytes, 1);
  const bool second = other.transaction > newest.transaction;
  if (second) newest = other;
  // Where LMDB looks for the header of a transaction, whatever the other one says.
  expect(newest.transaction % 2 == (second ? 1 : 0), second ? 1 : 0);

  if (in.bytes() / newest.page_bytes <= newest.last_page) return "is cut short";
  walk all{in, newest};
  all.run(newest.trees[0], true, true);
  all.run(newest.trees[1], in.bytes() <= leaves_up_to, false);
  return {};
} catch (const damaged& why) { return why.what(); }

}  // namespace corka::store::lmdb
