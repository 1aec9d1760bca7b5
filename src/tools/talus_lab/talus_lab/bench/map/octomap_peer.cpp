// SPDX-License-Identifier: Apache-2.0
// Lets the benchmark call OctoMap's C++ library directly, without a binding in between.
#include <octomap/octomap.h>

#include <cstdint>

extern "C" void *octomap_peer_make(double resolution) { return new octomap::OcTree(resolution); }

extern "C" void octomap_peer_free(void *tree) { delete static_cast<octomap::OcTree *>(tree); }

// Fuses end points with the free space before them; `discretize` is OctoMap's faster way.
extern "C" void octomap_peer_insert(void *tree, const float *points, int64_t count, const double *origin, double reach,
                                    int32_t discretize) {
  octomap::Pointcloud cloud;
  cloud.reserve(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) cloud.push_back(points[3 * i], points[3 * i + 1], points[3 * i + 2]);
  const octomap::point3d from(static_cast<float>(origin[0]), static_cast<float>(origin[1]), static_cast<float>(origin[2]));
  static_cast<octomap::OcTree *>(tree)->insertPointCloud(cloud, from, reach, false, discretize != 0);
}

// Writes up to `room` corners of occupied voxels and returns how many there are.
extern "C" int64_t octomap_peer_occupied(void *tree, double *corners, int64_t room) {
  auto *octree = static_cast<octomap::OcTree *>(tree);
  octree->expand();  // leaves of one size
  int64_t count = 0;
  for (auto leaf = octree->begin_leafs(); leaf != octree->end_leafs(); ++leaf) {
    if (!octree->isNodeOccupied(*leaf)) continue;
    if (count < room) {
      corners[3 * count] = leaf.getX(), corners[3 * count + 1] = leaf.getY(), corners[3 * count + 2] = leaf.getZ();
    }
    ++count;
  }
  return count;
}
