#!/bin/sh
# Test images that a run was trained on: a score on them is no test, which eval says.
# shellcheck source=tests/common.sh
. "${srcdir:-.}/tests/common.sh"
has_python || { skip "training images among the test images" "no python3 with sqlite3" && finish; }

ghosts 60
"$MLVICX" -q data import phantom --name turned --patients 60 --size 32 --threads 1 >/dev/null 2>&1
# the same pictures, but training and test images change places
python3 - "$MLVICX_HOME/mlvicx.db" <<'END'
import sqlite3, sys
c = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
c.execute("UPDATE image SET split = CASE split WHEN 'train' THEN 'test' WHEN 'test' THEN 'train' ELSE split END"
          " WHERE dataset_id = (SELECT id FROM dataset WHERE name = 'turned')")
END
# shellcheck disable=SC2086
run -q train $tiny --name a --set optim.epochs=1 --set optim.warmup_epochs=0
run -q train --data ghosts --method supervised --parent a --name taught --set optim.epochs=1 --set data.epoch_steps=2 --set data.size=32
run -q data splits ghosts -o "$dir/splits.csv" && tests=$(grep -c ',train$' "$dir/splits.csv")
run eval taught --task turned --json && says "warning: $tests of the $tests test images of turned are among the training images of run taught or its parents, with their labels: their score is no test" &&
    grep -q "\"test_images_seen\": $tests," "$dir/out" && grep -q "\"test_images_seen_with_labels\": $tests\$" "$dir/out"
verdict $? "a classifier is scored on images whose labels it learned: a warning with their number, also in JSON"
run eval a --task turned --labels 100 --draws 1 --json && says "without labels (self-supervised): their score is no test" &&
    grep -q "\"test_images_seen\": $tests," "$dir/out" && grep -q '"test_images_seen_with_labels": 0$' "$dir/out"
verdict $? "so is an encoder that saw them without labels, which is told apart"
run eval taught --task ghosts --json && ! grep -q warning "$dir/err" && grep -q '"test_images_seen": 0,' "$dir/out"
verdict $? "on the test images of its own data set nothing is warned of"
# shellcheck disable=SC2086
run eval --init random --task turned --labels 100 --draws 1 --size 32 --set model.width=4 --json && grep -q '"test_images_seen": null' "$dir/out"
verdict $? "an encoder that is no run's has seen nothing that is known"
finish
