// Exported models under onnxruntime, by hand:
//   mkdir K; MLVICX_ONNX_KEEP=K MLVICX_ONNX_IMAGES=a.png,b.png,c.png build/tests/test_onnx
//   npm install --ignore-scripts onnxruntime-node; NODE_PATH=node_modules node tests/check_onnx.js K
// Each K/NAME.onnx takes the images of K/NAME.bin, all at once and one by one; h and logits have to be the engine's to 1e-4.
const fs = require('fs'), ort = require('onnxruntime-node'), dir = process.argv[2];
(async () => {
    let failed = 0;
    for (const file of fs.readdirSync(dir).filter(f => f.endsWith('.bin'))) {
        const raw = fs.readFileSync(`${dir}/${file}`), bytes = raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.length);
        const [n, channels, size, dims, classes] = new Int32Array(bytes, 0, 5), one = channels * size * size;
        const images = new Float32Array(bytes, 20, n * one);
        const session = await ort.InferenceSession.create(`${dir}/${file.replace('.bin', '.onnx')}`);
        const run = async (from, count) => await session.run({ image: new ort.Tensor('float32', images.slice(from * one, (from + count) * one), [count, channels, size, size]) });
        const all = await run(0, n);
        let at = 20 + 4 * n * one;
        for (const [name, width] of [['h', dims], ['logits', classes]].filter(o => o[1])) {
            const want = new Float32Array(bytes, at, n * width);
            let worst = 0, largest = 0;
            at += 4 * n * width;
            for (let i = 0; i < n; i++) {
                const single = await run(i, 1);
                for (let d = 0; d < width; d++) {
                    const w = want[i * width + d];
                    worst = Math.max(worst, Math.abs(all[name].data[i * width + d] - w), Math.abs(single[name].data[d] - w));
                    largest = Math.max(largest, Math.abs(w));
                }
            }
            const passed = worst <= 1e-4 && largest > 0;
            failed += !passed;
            console.log(`${passed ? 'ok' : 'not ok'} - ${file} ${name}: worst ${worst.toExponential(1)}, largest ${largest.toFixed(2)}`);
        }
    }
    process.exit(failed ? 1 : 0);
})();
