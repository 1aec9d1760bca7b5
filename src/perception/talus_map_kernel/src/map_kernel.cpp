// SPDX-License-Identifier: Apache-2.0
// Does the map's work per pixel, point and voxel; every function has a NumPy twin that it equals bit for bit.
//
// All state lives in the caller's arrays: nothing but scratch memory outlives a call, and no call keeps a
// pointer. Blocks are 8 x 8 x 8 voxels; a voxel's place in its block is (x * 8 + y) * 8 + z. Built without
// contraction to fused multiply-adds, so that sums round as NumPy's do.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#define API extern "C" __attribute__((visibility("default")))
#if defined(TALUS_HAS_CLONES)
#define CLONED __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define CLONED
#endif

namespace {

constexpr int32_t kInterface = 1;  // counts up with every change of a signature; Python asks for its own
constexpr int kEdge = 8;
constexpr int kVoxels = 512;
constexpr int8_t kUnknown = -128;
constexpr float kOutside = 1e30f;  // m: before no surface
constexpr float kNear = 0.01f;  // m; what is nearer to the camera's plane has no pixel
constexpr int64_t kBias = 1 << 20;
constexpr int kReach = 8;  // voxels: the farthest distance that the field tells
constexpr uint8_t kFar = 255;

// Steps of log-odds, in the order of the Python dataclass.
struct Steps {
  int8_t hit, miss, lowest, highest, occupied;
};

// What one depth image is to all blocks; see open_space.py.
struct View {
  const float *depths, *lows, *highs;
  const int32_t *starts, *widths;
  int32_t levels, width, height;
  float rotation[9], position[3];
  float block_size, reach, radius, margin;
  float rise_u, rise_v, far_u, far_v;
};

inline float scaled(const View &view, int row, float x, float y, float z) {
  const float *r = view.rotation + 3 * row;
  return ((r[0] * x + r[1] * y) + r[2] * z) + view.position[row];
}

inline int8_t after_hit(int8_t value, const Steps &steps) {
  const int8_t room = static_cast<int8_t>(steps.highest - steps.hit);
  return value == kUnknown ? steps.hit : static_cast<int8_t>(std::min(value, room) + steps.hit);
}

inline int64_t key_of(int64_t x, int64_t y, int64_t z) {
  return ((x + kBias) << 42) | ((y + kBias) << 21) | (z + kBias);
}

// Mixes all 64 bits (Stafford's variant 13): neighbouring blocks spread over the whole table.
inline uint64_t mixed(uint64_t key) {
  key = (key ^ (key >> 30)) * 0xbf58476d1ce4e5b9ULL;
  key = (key ^ (key >> 27)) * 0x94d049bb133111ebULL;
  return key ^ (key >> 31);
}

CLONED void open_rows(const float *depth, int64_t pixels, float least, float most, float noise, float *out) {
  for (int64_t i = 0; i < pixels; ++i) {
    float seen = depth[i] >= least ? depth[i] : 0.0f;
    seen = seen < most ? seen : most;
    out[i] = seen - 2.0f * ((noise * seen) * seen);
  }
}

template <bool is_max>
inline float of_two(float a, float b) {
  return is_max ? (a > b ? a : b) : (a < b ? a : b);
}

template <bool is_max>
inline void halve(const float *image, int32_t height, int32_t width, float *out) {
  const int32_t columns = (width + 1) / 2;
  for (int32_t row = 0; row < (height + 1) / 2; ++row) {
    const float *a = image + static_cast<int64_t>(2 * row) * width;
    const float *b = 2 * row + 1 < height ? a + width : a;
    float *to = out + static_cast<int64_t>(row) * columns;
    for (int32_t u = 0; u < width / 2; ++u)
      to[u] = of_two<is_max>(of_two<is_max>(a[2 * u], b[2 * u]), of_two<is_max>(a[2 * u + 1], b[2 * u + 1]));
    if (width % 2) to[columns - 1] = of_two<is_max>(a[width - 1], b[width - 1]);
  }
}

CLONED void halve_low(const float *image, int32_t height, int32_t width, float *out) {
  halve<false>(image, height, width, out);
}

CLONED void halve_high(const float *image, int32_t height, int32_t width, float *out) {
  halve<true>(image, height, width, out);
}

inline int32_t cut(float value, int32_t size) {
  const float most = static_cast<float>(size - 1);
  value = value > 0.0f ? value : 0.0f;
  return static_cast<int32_t>(value < most ? value : most);
}

// Returns 0 for a block behind what was seen, 1 wholly open, 2 mixed and in the image, 3 mixed at its edge.
inline uint8_t kind_of(const View &view, const float *u, const float *v, const float *z) {
  float near = z[0], far = z[0], u_low = u[0], u_high = u[0], v_low = v[0], v_high = v[0];
  for (int c = 1; c < 8; ++c) {
    near = std::min(near, z[c]), far = std::max(far, z[c]);
    u_low = std::min(u_low, u[c]), u_high = std::max(u_high, u[c]);
    v_low = std::min(v_low, v[c]), v_high = std::max(v_high, v[c]);
  }
  const int32_t left = cut(u_low, view.width), right = cut(u_high, view.width);
  const int32_t top = cut(v_low, view.height), bottom = cut(v_high, view.height);
  const int32_t extent = std::max(right - left, bottom - top) + 1;
  int32_t level = 0;
  while ((1 << level) < extent && level < view.levels - 1) ++level;
  const int32_t start = view.starts[level], width = view.widths[level];
  const int32_t places[4] = {start + (top >> level) * width + (left >> level),
                             start + (bottom >> level) * width + (left >> level),
                             start + (top >> level) * width + (right >> level),
                             start + (bottom >> level) * width + (right >> level)};
  float nearest = view.lows[places[0]], farthest = view.highs[places[0]];
  for (int i = 1; i < 4; ++i) {
    nearest = std::min(nearest, view.lows[places[i]]);
    farthest = std::max(farthest, view.highs[places[i]]);
  }
  const bool is_ahead = near > kNear;
  const bool is_inside = is_ahead && u_low > 0.0f && v_low > 0.0f && u_high < static_cast<float>(view.width) &&
                         v_high < static_cast<float>(view.height);
  if (is_inside && far + view.margin < nearest) return 1;
  if (is_ahead && near + view.margin > farthest) return 0;
  return is_inside ? 2 : 3;
}

CLONED int64_t sort_blocks(const View &view, const int32_t *low, const int32_t *high, int32_t *blocks, uint8_t *kinds) {
  const float size = view.block_size;
  const float width = static_cast<float>(view.width), height = static_cast<float>(view.height);
  const int32_t run = high[2] - low[2] + 1;
  std::vector<uint8_t> is_in_view(run);
  int64_t count = 0;
  for (int32_t i = low[0]; i <= high[0]; ++i)
    for (int32_t j = low[1]; j <= high[1]; ++j) {
      const float cx = (static_cast<float>(i) + 0.5f) * size, cy = (static_cast<float>(j) + 0.5f) * size;
      for (int32_t k = 0; k < run; ++k) {
        const float cz = (static_cast<float>(k + low[2]) + 0.5f) * size;
        const float x = scaled(view, 0, cx, cy, cz), y = scaled(view, 1, cx, cy, cz), z = scaled(view, 2, cx, cy, cz);
        is_in_view[k] = (x > -view.rise_u) & (y > -view.rise_v) & (x - width * z < view.far_u) &
                        (y - height * z < view.far_v) & (z > -view.radius) & (z < view.reach + view.radius);
      }
      for (int32_t k = 0; k < run; ++k) {
        if (!is_in_view[k]) continue;
        float u[8], v[8], z[8];
        for (int c = 0; c < 8; ++c) {
          const float x = static_cast<float>(i + (c >> 2)) * size, y = static_cast<float>(j + ((c >> 1) & 1)) * size;
          const float h = static_cast<float>(k + low[2] + (c & 1)) * size;
          z[c] = scaled(view, 2, x, y, h);
          const float divisor = z[c] > kNear ? z[c] : kNear;
          u[c] = scaled(view, 0, x, y, h) / divisor;
          v[c] = scaled(view, 1, x, y, h) / divisor;
        }
        const uint8_t kind = kind_of(view, u, v, z);
        if (!kind) continue;
        blocks[3 * count] = i, blocks[3 * count + 1] = j, blocks[3 * count + 2] = k + low[2];
        kinds[count++] = kind;
      }
    }
  return count;
}

CLONED void open_masks(const View &view, const int32_t *blocks, const uint8_t *kinds, int64_t count, uint8_t *masks,
                       uint8_t *is_some) {
  alignas(64) float offsets[3][kVoxels];
  const float size = view.block_size;
  for (int p = 0; p < kVoxels; ++p) {
    const float x = (static_cast<float>(p >> 6) + 0.5f) / 8.0f * size;
    const float y = (static_cast<float>((p >> 3) & 7) + 0.5f) / 8.0f * size;
    const float z = (static_cast<float>(p & 7) + 0.5f) / 8.0f * size;
    for (int row = 0; row < 3; ++row) {
      const float *r = view.rotation + 3 * row;
      offsets[row][p] = (r[0] * x + r[1] * y) + r[2] * z;
    }
  }
  const float width = static_cast<float>(view.width), height = static_cast<float>(view.height), margin = view.margin;
  const int32_t columns = view.width, last = view.width * view.height - 1;
  const float *depths = view.depths;
  alignas(64) int32_t pixels[kVoxels];
  alignas(64) float before[kVoxels], seen[kVoxels];
  for (int64_t b = 0; b < count; ++b) {
    uint8_t *mask = masks + b * kVoxels;
    const int32_t *block = blocks + 3 * b;
    const float x0 = static_cast<float>(block[0]) * size, y0 = static_cast<float>(block[1]) * size;
    const float z0 = static_cast<float>(block[2]) * size;
    const float sx = scaled(view, 0, x0, y0, z0), sy = scaled(view, 1, x0, y0, z0), sz = scaled(view, 2, x0, y0, z0);
    // Three passes, since only the middle one, which looks into the image, cannot run on vectors.
    if (kinds[b] == 2) {
      for (int p = 0; p < kVoxels; ++p) {
        const float z = sz + offsets[2][p];
        const int32_t u = static_cast<int32_t>((sx + offsets[0][p]) / z);
        const int32_t v = static_cast<int32_t>((sy + offsets[1][p]) / z);
        const int32_t pixel = v * columns + u;
        pixels[p] = pixel < 0 ? 0 : pixel > last ? last : pixel;
        before[p] = z;
      }
    } else {
      for (int p = 0; p < kVoxels; ++p) {
        const float z = sz + offsets[2][p];
        const float divisor = z > kNear ? z : kNear;
        const float u = (sx + offsets[0][p]) / divisor, v = (sy + offsets[1][p]) / divisor;
        const bool is_seen = (z > kNear) & (u >= 0.0f) & (u < width) & (v >= 0.0f) & (v < height);
        pixels[p] = static_cast<int32_t>(is_seen ? v : 0.0f) * columns + static_cast<int32_t>(is_seen ? u : 0.0f);
        before[p] = is_seen ? z : kOutside;
      }
    }
    for (int p = 0; p < kVoxels; ++p) seen[p] = depths[pixels[p]];
    int32_t some = 0;
    for (int p = 0; p < kVoxels; ++p) {
      const int32_t is_open = before[p] < seen[p] - margin;
      mask[p] = static_cast<uint8_t>(is_open);
      some |= is_open;
    }
    is_some[b] = static_cast<uint8_t>(some);
  }
}

CLONED void miss_whole(int8_t *values, const Steps by) {
  const int8_t miss = by.miss, room = static_cast<int8_t>(by.lowest - by.miss);
  for (int p = 0; p < kVoxels; ++p) {
    const int8_t lowered = static_cast<int8_t>((values[p] > room ? values[p] : room) + miss);
    values[p] = values[p] == kUnknown ? miss : lowered;
  }
}

CLONED void miss_masked(int8_t *values, const uint8_t *mask, const Steps by) {
  const int8_t miss = by.miss, room = static_cast<int8_t>(by.lowest - by.miss);
  for (int p = 0; p < kVoxels; ++p) {
    const int8_t old = values[p];
    const int8_t lowered = static_cast<int8_t>((old > room ? old : room) + miss);
    const int8_t changed = old == kUnknown ? miss : lowered;
    values[p] = mask[p] ? changed : old;
  }
}

CLONED void voxel_coordinates(const float *points, int64_t values, float scale, int32_t *out, uint8_t *is_valid) {
  const float most = static_cast<float>(kBias);
  for (int64_t i = 0; i < values; ++i) {
    const float value = std::floor(points[i] * scale);
    const bool is_in = (value >= -most) & (value < most);  // false for NaN
    is_valid[i] = is_in;
    out[i] = static_cast<int32_t>(is_in ? value : 0.0f);
  }
}

// Numbers keys in the order in which they come.
class Numbers {
 public:
  void clear() {
    keys_.assign(1024, -1);
    numbers_.resize(1024);
    count_ = 0;
  }
  int32_t count() const { return count_; }
  int32_t number(int64_t key) {
    if (2 * static_cast<size_t>(count_) >= keys_.size()) grow();
    const size_t at = place(key);
    if (keys_[at] == -1) {
      keys_[at] = key;
      numbers_[at] = count_++;
    }
    return numbers_[at];
  }

 private:
  size_t place(int64_t key) const {
    const size_t mask = keys_.size() - 1;
    size_t at = mixed(static_cast<uint64_t>(key)) & mask;
    while (keys_[at] != key && keys_[at] != -1) at = (at + 1) & mask;
    return at;
  }
  void grow() {
    const std::vector<int64_t> keys(keys_);
    const std::vector<int32_t> numbers(numbers_);
    keys_.assign(4 * keys.size(), -1);
    numbers_.resize(keys_.size());
    for (size_t i = 0; i < keys.size(); ++i) {
      if (keys[i] == -1) continue;
      const size_t at = place(keys[i]);
      keys_[at] = keys[i];
      numbers_[at] = numbers[i];
    }
  }

  std::vector<int64_t> keys_;
  std::vector<int32_t> numbers_;
  int32_t count_ = 0;
};

int32_t place_of(const int32_t *voxel) { return ((voxel[0] & 7) * kEdge + (voxel[1] & 7)) * kEdge + (voxel[2] & 7); }

CLONED void spread_y(const uint8_t *columns, uint8_t *out) {  // (24 x, 24 y, 8 z) to (24 x, 8 y, 8 z)
  for (int x = 0; x < 24; ++x) {
    uint8_t best[64];
    std::memset(best, kFar, 64);
    for (int dy = -kReach; dy <= kReach; ++dy) {
      const uint8_t *from = columns + x * 192 + (8 + dy) * 8;
      const uint8_t step = static_cast<uint8_t>(dy * dy), room = static_cast<uint8_t>(kFar - step);
      for (int i = 0; i < 64; ++i) {
        const uint8_t sum = static_cast<uint8_t>((from[i] < room ? from[i] : room) + step);  // saturates at kFar
        best[i] = best[i] < sum ? best[i] : sum;
      }
    }
    std::memcpy(out + x * 64, best, 64);
  }
}

CLONED void spread_x(const uint8_t *slices, uint8_t *out) {  // (24 x, 64) to (8 x, 64)
  for (int x = 0; x < 8; ++x) {
    uint8_t *best = out + x * 64;
    std::memset(best, kFar, 64);
    for (int dx = -kReach; dx <= kReach; ++dx) {
      const uint8_t *from = slices + (x + 8 + dx) * 64;
      const uint8_t step = static_cast<uint8_t>(dx * dx), room = static_cast<uint8_t>(kFar - step);
      for (int i = 0; i < 64; ++i) {
        const uint8_t sum = static_cast<uint8_t>((from[i] < room ? from[i] : room) + step);  // saturates at kFar
        best[i] = best[i] < sum ? best[i] : sum;
      }
    }
  }
}

// Squared distances along z from the 8 voxels of a byte to the occupied ones in the byte below, in their own, and in
// the byte above; kFar where none is within kReach.
struct ByteDistances {
  uint8_t squares[3][256][8];
  ByteDistances() {
    for (int where = 0; where < 3; ++where)
      for (int byte = 0; byte < 256; ++byte)
        for (int z = 0; z < 8; ++z) {
          int nearest = kReach + 1;
          for (int bit = 0; bit < 8; ++bit)
            if (byte >> bit & 1) nearest = std::min(nearest, std::abs(8 * (where - 1) + bit - z));
          squares[where][byte][z] = nearest > kReach ? kFar : static_cast<uint8_t>(nearest * nearest);
        }
  }
};

// (24 x, 24 y) columns of three bytes to (24 x, 24 y, 8 z) squared distances along z.
CLONED void spread_z(const ByteDistances &table, const uint8_t *below, const uint8_t *own, const uint8_t *above,
                     uint8_t *out) {
  for (int i = 0; i < 576; ++i) {
    const uint8_t *a = table.squares[0][below[i]], *b = table.squares[1][own[i]], *c = table.squares[2][above[i]];
    for (int z = 0; z < 8; ++z) {
      const uint8_t nearer = a[z] < b[z] ? a[z] : b[z];
      out[8 * i + z] = nearer < c[z] ? nearer : c[z];
    }
  }
}

CLONED void grid_pass(const uint16_t *rows, int32_t height, int32_t width, int32_t radius, uint16_t *out) {
  for (int32_t row = 0; row < height; ++row) {
    uint16_t *best = out + static_cast<int64_t>(row) * width;
    std::memset(best, 0xff, 2 * static_cast<size_t>(width));
    for (int32_t dy = std::max(-radius, -row); dy <= std::min(radius, height - 1 - row); ++dy) {
      const uint16_t *from = rows + static_cast<int64_t>(row + dy) * width;
      const uint16_t step = static_cast<uint16_t>(dy * dy);
      for (int32_t i = 0; i < width; ++i) {
        const uint16_t sum = from[i] > 0xffff - step ? 0xffff : static_cast<uint16_t>(from[i] + step);
        best[i] = best[i] < sum ? best[i] : sum;
      }
    }
  }
}

CLONED void sum_block(const int8_t *const *layers, const uint8_t *is_fresh, int64_t count, const Steps &steps, int8_t *out) {
  int16_t sums[kVoxels] = {};
  uint8_t known[kVoxels] = {}, marked[kVoxels] = {};
  for (int64_t l = 0; l < count; ++l) {
    const int8_t *values = layers[l];
    const uint8_t fresh = is_fresh[l];
    for (int p = 0; p < kVoxels; ++p) {
      const uint8_t is_known = values[p] != kUnknown;
      known[p] |= is_known;
      sums[p] = static_cast<int16_t>(sums[p] + (is_known ? values[p] : 0));
      marked[p] |= fresh & (values[p] > steps.occupied);
    }
  }
  for (int p = 0; p < kVoxels; ++p) {
    int16_t sum = std::max<int16_t>(std::min<int16_t>(sums[p], steps.highest), steps.lowest);
    if (marked[p]) sum = std::max<int16_t>(sum, static_cast<int16_t>(steps.occupied + 1));
    out[p] = known[p] ? static_cast<int8_t>(sum) : kUnknown;
  }
}

}  // namespace

API int32_t talus_map_interface() { return kInterface; }

// Writes how far each pixel's ray is open, the nearest of 2 x 2 pixels: (ceil(height/2), ceil(width/2)).
API void talus_map_open_depths(const float *depth, int32_t height, int32_t width, float least, float most, float noise,
                               float *out) {
  std::vector<float> rows(2 * static_cast<size_t>(width));
  const int32_t columns = (width + 1) / 2;
  for (int32_t row = 0; row < height; row += 2) {
    const int32_t pair = std::min(2, height - row);
    open_rows(depth + static_cast<int64_t>(row) * width, static_cast<int64_t>(pair) * width, least, most, noise, rows.data());
    halve_low(rows.data(), pair, width, out + static_cast<int64_t>(row / 2) * columns);
  }
}

// Fills levels 1 to levels - 1 of both pyramids from their level 0.
API void talus_map_pyramids(int32_t height, int32_t width, int32_t levels, const int32_t *starts, float *lows, float *highs) {
  for (int32_t level = 1; level < levels; ++level) {
    halve_low(lows + starts[level - 1], height, width, lows + starts[level]);
    halve_high(highs + starts[level - 1], height, width, highs + starts[level]);
    height = (height + 1) / 2, width = (width + 1) / 2;
  }
}

API int64_t talus_map_sort_blocks(const View *view, const int32_t *low, const int32_t *high, int32_t *blocks, uint8_t *kinds) {
  return sort_blocks(*view, low, high, blocks, kinds);
}

API void talus_map_open_masks(const View *view, const int32_t *blocks, const uint8_t *kinds, int64_t count, uint8_t *masks,
                              uint8_t *is_some) {
  open_masks(*view, blocks, kinds, count, masks, is_some);
}

// Writes end points in the camera's frame of every `step`-th pixel; `rays` (n, 3) are theirs. Returns their number.
API int64_t talus_map_end_points(const float *depth, int32_t height, int32_t width, const float *rays, int32_t step,
                                 int32_t row, int32_t column, float least, float most, float *points) {
  float *to = points;
  for (; row < height; row += step)
    for (int32_t u = column; u < width; u += step, rays += 3) {
      const float seen = depth[static_cast<int64_t>(row) * width + u];
      to[0] = rays[0] * seen, to[1] = rays[1] * seen, to[2] = rays[2] * seen;
      to += seen >= least && seen <= most ? 3 : 0;  // false for NaN
    }
  return (to - points) / 3;
}

// Writes the distinct voxels of points and their blocks, both in the order of their first point; counts: of each.
API void talus_map_voxels_of(const float *points, int64_t count, float scale, int32_t *voxels, int32_t *numbers,
                             int64_t *block_keys, int64_t *counts) {
  constexpr int64_t kPart = 1024;
  static thread_local Numbers blocks;
  static thread_local std::vector<uint64_t> seen;  // a bit for each voxel of each block
  blocks.clear();
  seen.clear();
  int32_t part[3 * kPart], number = -1, last[3] = {INT32_MAX, INT32_MAX, INT32_MAX};
  uint8_t is_valid[3 * kPart];
  int64_t found = 0, last_block = -1;
  for (int64_t start = 0; start < count; start += kPart) {
    const int64_t size = std::min(kPart, count - start);
    voxel_coordinates(points + 3 * start, 3 * size, scale, part, is_valid);
    for (int64_t i = 0; i < size; ++i) {
      const int32_t *voxel = part + 3 * i;
      if (voxel[0] == last[0] && voxel[1] == last[1] && voxel[2] == last[2]) continue;  // most are
      if (!(is_valid[3 * i] & is_valid[3 * i + 1] & is_valid[3 * i + 2])) continue;
      std::memcpy(last, voxel, sizeof last);
      const int64_t block = key_of(voxel[0] >> 3, voxel[1] >> 3, voxel[2] >> 3);
      if (block != last_block) {
        const int32_t known = blocks.count();
        number = blocks.number(block);
        if (number == known) {
          block_keys[known] = block;
          seen.resize(seen.size() + kVoxels / 64, 0);
        }
        last_block = block;
      }
      const int32_t place = place_of(voxel);
      uint64_t &word = seen[static_cast<size_t>(number) * (kVoxels / 64) + (place >> 6)];
      const uint64_t bit = uint64_t{1} << (place & 63);
      if (word & bit) continue;
      word |= bit;
      std::memcpy(voxels + 3 * found, voxel, 3 * sizeof(int32_t));
      numbers[found++] = number;
    }
  }
  counts[0] = found, counts[1] = blocks.count();
}

// Finds the rows of keys in an open-addressed table of row numbers; -1 where there is none.
API void talus_map_find(const int32_t *table, int64_t mask, const int64_t *keys, const int64_t *wanted, int64_t count,
                        int32_t *rows) {
  for (int64_t i = 0; i < count; ++i) {
    uint64_t at = mixed(static_cast<uint64_t>(wanted[i])) & mask;
    while (table[at] >= 0 && keys[table[at]] != wanted[i]) at = (at + 1) & mask;
    rows[i] = table[at];
  }
}

// Finds the rows of keys, adding missing ones up to `most`; returns the new number of keys.
API int64_t talus_map_add(int32_t *table, int64_t mask, int64_t *keys, int64_t known, int64_t most, const int64_t *wanted,
                          int64_t count, int32_t *rows) {
  for (int64_t i = 0; i < count; ++i) {
    uint64_t at = mixed(static_cast<uint64_t>(wanted[i])) & mask;
    while (table[at] >= 0 && keys[table[at]] != wanted[i]) at = (at + 1) & mask;
    if (table[at] < 0 && known < most) {
      keys[known] = wanted[i];
      table[at] = static_cast<int32_t>(known++);
    }
    rows[i] = table[at];
  }
  return known;
}

// Fuses one measurement: hits by voxel and number of block, blocks that are wholly or partly open.
API void talus_map_fuse(int8_t *values, const Steps *steps, const int32_t *hits, const int32_t *numbers, int64_t hit_count,
                        const int32_t *hit_slots, const int32_t *slots, const int32_t *mask_rows, int64_t count,
                        const uint8_t *masks) {
  std::vector<int8_t> after(static_cast<size_t>(hit_count));
  for (int64_t i = 0; i < hit_count; ++i) {
    const int64_t slot = hit_slots[numbers[i]];
    if (slot >= 0) after[i] = after_hit(values[slot * kVoxels + place_of(hits + 3 * i)], *steps);
  }
  for (int64_t i = 0; i < count; ++i) {
    if (slots[i] < 0) continue;
    int8_t *block = values + static_cast<int64_t>(slots[i]) * kVoxels;
    if (mask_rows[i] < 0) miss_whole(block, *steps);
    else miss_masked(block, masks + static_cast<int64_t>(mask_rows[i]) * kVoxels, *steps);
  }
  for (int64_t i = 0; i < hit_count; ++i) {
    const int64_t slot = hit_slots[numbers[i]];
    if (slot >= 0) values[slot * kVoxels + place_of(hits + 3 * i)] = after[i];
  }
}

// Writes the classes of blocks, four voxels a byte; `uniform` is the class of all voxels, or kFar.
API void talus_map_pack(const int8_t *values, const Steps *steps, const int32_t *slots, int64_t count, uint8_t *packed,
                        uint8_t *uniform) {
  for (int64_t i = 0; i < count; ++i) {
    const int8_t *block = values + static_cast<int64_t>(slots[i]) * kVoxels;
    uint8_t classes[kVoxels], low = 3, high = 0;
    for (int p = 0; p < kVoxels; ++p) {
      const int8_t v = block[p];
      const uint8_t of = v == kUnknown ? 0 : v < 0 ? 1 : v > steps->occupied ? 3 : 2;
      classes[p] = of;
      low = std::min(low, of), high = std::max(high, of);
    }
    for (int p = 0; p < kVoxels / 4; ++p)
      packed[i * (kVoxels / 4) + p] = static_cast<uint8_t>(classes[4 * p] | classes[4 * p + 1] << 2 |
                                                           classes[4 * p + 2] << 4 | classes[4 * p + 3] << 6);
    uniform[i] = low == high ? low : kFar;
  }
}

// Writes stored values of packed blocks; `values_of` are those of the four classes.
API void talus_map_unpack(const uint8_t *packed, int64_t count, const int8_t *values_of, int8_t *values) {
  int8_t four[256][4];
  for (int byte = 0; byte < 256; ++byte)
    for (int k = 0; k < 4; ++k) four[byte][k] = values_of[(byte >> (2 * k)) & 3];
  for (int64_t i = 0; i < count * (kVoxels / 4); ++i) std::memcpy(values + 4 * i, four[packed[i]], 4);
}

// Sums blocks of several layers, (layers, blocks, 512); `is_fresh` (layers, blocks): its marks stand.
API void talus_map_sum(const int8_t *layers, const uint8_t *is_fresh, int64_t layer_count, int64_t blocks, const Steps *steps,
                       int8_t *out) {
  std::vector<const int8_t *> values(static_cast<size_t>(layer_count));
  std::vector<uint8_t> fresh(static_cast<size_t>(layer_count));
  for (int64_t b = 0; b < blocks; ++b) {
    for (int64_t l = 0; l < layer_count; ++l) {
      values[l] = layers + (l * blocks + b) * kVoxels;
      fresh[l] = is_fresh[l * blocks + b];
    }
    sum_block(values.data(), fresh.data(), layer_count, *steps, out + b * kVoxels);
  }
}

// Writes which voxels are occupied, (blocks, 64) bytes: byte x * 8 + y, bit z.
API void talus_map_occupied_bits(const int8_t *values, int64_t blocks, const Steps *steps, uint8_t *bits) {
  for (int64_t i = 0; i < blocks * 64; ++i) {
    uint8_t byte = 0;
    for (int z = 0; z < 8; ++z) byte |= static_cast<uint8_t>((values[8 * i + z] > steps->occupied) << z);
    bits[i] = byte;
  }
}

// Writes squared distances in voxels to the nearest occupied one, kFar beyond kReach.
// `around` (blocks, 27) are rows of `bits`, ordered by (x, y, z) of the neighbour; -1 = none.
API void talus_map_distances(const uint8_t *bits, const int32_t *around, int64_t blocks, uint8_t *out) {
  static const ByteDistances table;
  static const uint8_t none[64] = {};
  uint8_t layers[3][24 * 24], columns[24 * 24 * 8], slices[24 * 64];
  for (int64_t b = 0; b < blocks; ++b) {
    uint8_t some = 0;
    for (int i = 0; i < 27; ++i) {
      const int32_t row = around[b * 27 + i];
      const uint8_t *from = row < 0 ? none : bits + static_cast<int64_t>(row) * 64;
      uint8_t *to = layers[i % 3] + (i / 9) * 192 + (i / 3 % 3) * 8;
      for (int x = 0; x < 8; ++x) std::memcpy(to + 24 * x, from + 8 * x, 8);
      for (int k = 0; k < 64; ++k) some |= from[k];
    }
    if (!some) {
      std::memset(out + b * kVoxels, kFar, kVoxels);
      continue;
    }
    spread_z(table, layers[0], layers[1], layers[2], columns);
    spread_y(columns, slices);
    uint8_t *squares = out + b * kVoxels;
    spread_x(slices, squares);
    // What lies farther than kReach may have a nearer neighbour outside of the 24 voxels.
    for (int p = 0; p < kVoxels; ++p) squares[p] = squares[p] > kReach * kReach ? kFar : squares[p];
  }
}

// Writes squared distances in cells to the nearest marked cell of a grid, 0xffff beyond `radius`.
API void talus_map_grid_distances(const uint8_t *marks, int32_t height, int32_t width, int32_t radius, uint16_t *out) {
  std::vector<uint16_t> rows(static_cast<size_t>(height) * width);
  for (int32_t row = 0; row < height; ++row) {
    const uint8_t *mark = marks + static_cast<int64_t>(row) * width;
    uint16_t *to = rows.data() + static_cast<int64_t>(row) * width;
    std::vector<int32_t> distance(static_cast<size_t>(width), radius + 1);
    int32_t last = -radius - 1;
    for (int32_t i = 0; i < width; ++i) {
      if (mark[i]) last = i;
      distance[i] = std::min(distance[i], i - last);
    }
    last = width + radius + 1;
    for (int32_t i = width - 1; i >= 0; --i) {
      if (mark[i]) last = i;
      distance[i] = std::min(distance[i], last - i);
      to[i] = distance[i] > radius ? 0xffff : static_cast<uint16_t>(distance[i] * distance[i]);
    }
  }
  grid_pass(rows.data(), height, width, radius, out);
  const int32_t most = radius * radius;
  for (int64_t i = 0; i < static_cast<int64_t>(height) * width; ++i)
    if (out[i] > most) out[i] = 0xffff;
}
