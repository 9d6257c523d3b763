/* The encoder as an ONNX model: what other programs run without PyTorch.
 *
 * Opset 13. Input "image" [batch, channels, size, size], float32 on the scale of 0..1; the normalisation is inside, and
 * a grey image becomes three channels there. Outputs "h" [batch, C5] and "map1" .. "map5" [batch, C, H, W], behind the
 * gates where there are any; of a network with a classifier "logits" [batch, classes] too. Tensors have the names of
 * the exported safetensors. Format: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto */
#ifndef MLVICX_TRAIN_ONNX_H
#define MLVICX_TRAIN_ONNX_H

#include "engine/model/safetensors.h"
#include "engine/train/engine.h"

/** Write the encoder of `g`, made with shape `s`, durably to PATH, a file of the user. `gates` false: without the
 * gates, the plain ResNet. `metadata` borrowed. ERR_UNSUPPORTED where it would exceed the 2 GiB of a protocol buffer.
 */
bool onnx_export(const struct engine *g, const struct model_shape *s, bool gates, const char *path,
                 const struct tensors_pair *metadata, size_t pairs, struct err *e);

#endif
