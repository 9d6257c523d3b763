// Exported models under onnxruntime, by hand:
//   mkdir K; MLVICX_ONNX_KEEP=K MLVICX_ONNX_IMAGES=a.png,b.png,c.png build/tests/test_onnx
//   npm install --ignore-scripts onnxruntime-node; NODE_PATH=node_modules node tests/check_onnx.js K
// Each K/NAME.onnx takes the images of K/NAME.bin, all at once and one by one; h has to be the engine's to 1e-4.
const fs = require('fs'), ort = require('onnxruntime-node'), dir = process.argv[2];
(async () => {
    let failed = 0;
    for (const file of fs.readdirSync(dir).filter(f => f.endsWith('.bin'))) {
        const raw = fs.readFileSync(`${dir}/${file}`), bytes = raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.length);
        const [n, channels, size, dims] = new Int32Array(bytes, 0, 4), one = channels * size * size;
        const images = new Float32Array(bytes, 16, n * one), h = new Float32Array(bytes, 16 + 4 * n * one, n * dims);
        const session = await ort.InferenceSession.create(`${dir}/${file.replace('.bin', '.onnx')}`);
        const run = async (from, count) => await session.run({ image: new ort.Tensor('float32', images.slice(from * one, (from + count) * one), [count, channels, size, size]) });
        const all = await run(0, n);
        let worst = 0, largest = 0;
        for (let i = 0; i < n; i++) {
            const single = await run(i, 1);
            for (let d = 0; d < dims; d++) {
                worst = Math.max(worst, Math.abs(all.h.data[i * dims + d] - h[i * dims + d]), Math.abs(single.h.data[d] - h[i * dims + d]));
                largest = Math.max(largest, Math.abs(h[i * dims + d]));
            }
        }
        const passed = worst <= 1e-4 && largest > 0;
        failed += !passed;
        console.log(`${passed ? 'ok' : 'not ok'} - ${file}: worst ${worst.toExponential(1)}, largest ${largest.toFixed(2)}, outputs ${session.outputNames}`);
    }
    process.exit(failed ? 1 : 0);
})();
