#!/usr/bin/python3
"""Structure of ONNX models by python3-onnx: schema of every operator, types and shapes, stated outputs."""
import sys

import onnx

for path in sys.argv[1:]:
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True, check_type=True, data_prop=True)
    shape = lambda v: [d.dim_param or d.dim_value for d in v.type.tensor_type.shape.dim]
    names = [o.name for o in model.graph.output]
    assert names[:6] == ["h", "map1", "map2", "map3", "map4", "map5"] and names[6:] in ([], ["logits"]), names
    assert [v.name for v in model.graph.input] == ["image"] and shape(model.graph.input[0])[0] == "batch"
    assert [shape(o) for o in inferred.graph.output] == [shape(o) for o in model.graph.output]
    print(path, len(model.graph.node), "nodes", shape(model.graph.input[0]))
