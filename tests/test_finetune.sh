#!/bin/sh
# The protocols that train: finetune and scratch make runs, choose by validation, score once; whatever interrupts them, the
# same command goes on with the runs that there are and repeats nothing.
# shellcheck source=tests/common.sh
. "${srcdir:-.}/tests/common.sh"
ghosts 60
# shellcheck disable=SC2086
for name in a b; do
    [ $name = a ] && rate=0.001 || rate=0.002
    run -q train $tiny --name $name --set optim.epochs=1 --set optim.warmup_epochs=0 --set optim.lr=$rate
done
brief="--set optim.epochs=2 --set data.batch=8 --set data.epoch_steps=4 --set probe.epochs=0 --set diagnose.steps=0"
count() { "$MLVICX" runs --json | grep -c '"id"'; }
# value FILE KEY N: the N-th value of a key
value() { sed -n "s/^ *\"$2\": \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}\$/\1/p" "$1" | sed -n "$3p"; }

# shellcheck disable=SC2086 # several words
{
    run -q eval a --protocol finetune --labels 30,100 --draws 2 --rates 1e-4,3e-3 $brief --json && cp "$dir/out" "$dir/first" &&
        [ "$(grep -c '"protocol": "finetune"' "$dir/first")" -eq 4 ] && [ "$(count)" -eq 8 ]
    verdict $? "each share and draw has a run a rate; of all labels there is one draw"
    good=0
    for i in 1 2 3; do
        child=$(value "$dir/first" child_run $i) draw=$(value "$dir/first" seed $i)
        [ "$(field "$child" parent)" = "$(field a id)" ] && [ "$(field "$child" method)" = supervised ] || good=1
        percent=30
        [ $i -eq 3 ] && percent=100
        for rate in 0.0001 0.003; do
            other=a-finetune$percent-d$draw-r$rate
            awk -v x="$(field "$child" auc)" -v y="$(field "$other" auc)" 'BEGIN { exit !(x >= y && x > 0) }' || good=1
        done
    done
    verdict $good "the row names the run that validation prefers, a child of the encoder's run"
    cp -r "$MLVICX_HOME/runs" "$dir/runs"
    run -q eval a --protocol finetune --labels 30,100 --draws 2 --rates 1e-4,3e-3 $brief --json && cmp -s "$dir/first" "$dir/out" &&
        [ "$(count)" -eq 8 ] && diff -r "$dir/runs" "$MLVICX_HOME/runs" >"$dir/err"
    verdict $? "the same again trains nothing, scores nothing and has the same figures"
    run eval a --protocol finetune --labels 30,100 --draws 2 --rates 1e-4,3e-3 $brief && says "finetune on         30" && says "draw 2: run a-finetune30-d2-r0.00" &&
        says ", of 2 rates"
    verdict $? "as a table, with the run of each"

    # its predictions are those of the run
    child=$(value "$dir/first" child_run 2)
    run -q export a predictions --protocol finetune --labels 30 --draw 2 -o "$dir/p.csv" && run -q eval "$child" --json && cp "$dir/out" "$dir/applied" &&
        run -q export "$child" predictions --protocol apply -o "$dir/q.csv" && [ -s "$dir/p.csv" ] && cmp -s "$dir/p.csv" "$dir/q.csv"
    verdict $? "its predictions are those of that run"
    [ "$(value "$dir/first" auc_macro 2)" = "$(value "$dir/applied" auc_macro 1)" ]
    verdict $? "and so are its figures"

    # other settings are other runs; a run that someone changed is none of them
    run -q eval a --protocol finetune --labels 30 --draws 1 --rates 3e-3 $brief --set optim.weight_decay=0 --json && cp "$dir/out" "$dir/other" && [ "$(count)" -eq 9 ] &&
        [ "$(value "$dir/other" child_run 1)" = a-finetune30-d1-r0.003-2 ]
    verdict $? "other settings are another run"
    run -q resume a-finetune30-d1-r0.003-2 --set optim.epochs=3 &&
        run -q eval a --protocol finetune --labels 30 --draws 1 --rates 3e-3 $brief --set optim.weight_decay=0 --json && [ "$(count)" -eq 10 ] &&
        [ "$(value "$dir/out" child_run 1)" = a-finetune30-d1-r0.003-3 ] && [ "$(value "$dir/out" auc_macro 1)" = "$(value "$dir/other" auc_macro 1)" ]
    verdict $? "a run that was changed since is not taken for one of them"
    run show @last --json && grep -q '"name": "b"' "$dir/out"
    verdict $? "@last is the newest run that no evaluation made"

    # another encoder: the same labels; the same network from scratch is the same run
    run -q eval b --protocol finetune --labels 30,100 --draws 2 --rates 1e-4,3e-3 $brief --json && [ "$(count)" -eq 16 ] &&
        [ "$(value "$dir/out" images 1) $(value "$dir/out" images 2)" = "$(value "$dir/first" images 1) $(value "$dir/first" images 2)" ]
    verdict $? "another encoder has runs of its own, on as many labels"
    run -q eval a --protocol finetune --labels 30 --draws 2 --rates 1e-4,3e-3 $brief --json && run compare a b --protocol finetune --labels 30 --json && says '"draws": 2' && says '"protocol": "finetune"' && run compare a b && says ": finetune, " && run compare a b --protocol finetune --labels 30 --json
    verdict $? "they are compared"
    says '"settings": "preset=demo data.epoch_steps=4 optim.epochs=2 probe.epochs=0 data.batch=8 rates=0.0001,0.003"'
    verdict $? "with what the protocol was told"
    run export a scores --protocol finetune && grep -q ',32,"preset=demo data.epoch_steps=4 optim.epochs=2 probe.epochs=0 data.batch=8 rates=0.0001,0.003"$' "$dir/out" &&
        run export a predictions --protocol finetune --labels 30 -o "$dir/told.csv" && says "32 px, preset=demo data.epoch_steps=4 "
    verdict $? "exports tell it, too"
    run -q eval a --protocol finetune --labels 30 --draws 1 --rates 3e-3 $brief --set optim.epochs=1 && run compare a b --protocol finetune --labels 30 && says "optim.epochs=2 " &&
        run -q eval a --protocol finetune --labels 20 --draws 1 --rates 3e-3 $brief --set optim.epochs=1 &&
        run -q eval b --protocol finetune --labels 20 --draws 1 --rates 3e-3,1e-4 $brief
    verdict $? "of one that was told several things what agrees is compared, newer or not"
    refused 1 "differ in optim.epochs 1 and 2, rates 0.003 and 0.003,0.0001; make one: mlvicx eval b --task ghosts --protocol finetune --labels 20 --size " "where nothing agrees, it is told in what" \
        compare a b --protocol finetune --labels 20
    run -q eval a --protocol scratch --labels 30 --draws 1 --rates 3e-3 $brief --json && cp "$dir/out" "$dir/scratch" && before=$(count) &&
        run -q eval b --protocol scratch --labels 30 --draws 1 --rates 3e-3 $brief --json && [ "$(count)" -eq "$before" ] &&
        [ "$(value "$dir/out" auc_macro 1)" = "$(value "$dir/scratch" auc_macro 1)" ] && [ "$(value "$dir/out" run 1)" = b ]
    verdict $? "from scratch both are one run"
    run -q export a encoder -o "$dir/a.safetensors"
    net="--preset demo --set model.dim=16 --set model.fuse=8 --size 32 --set train.threads=1 --set data.threads=1 --set autotune=off"
    run -q eval --init "$dir/a.safetensors" --task ghosts --protocol finetune --labels 30 --draws 1 --rates 1e-4,3e-3 $brief $net --json &&
        [ "$(value "$dir/out" auc_macro 1)" = "$(value "$dir/first" auc_macro 1)" ] && [ "$(value "$dir/out" run 1)" = null ]
    verdict $? "a file of weights is tuned as its run is"

    # interrupted
    long="--set optim.epochs=40 --set data.batch=8 --set data.epoch_steps=10 --set train.patience=0 --set probe.epochs=0 --set diagnose.steps=0"
    one="--protocol finetune --labels 100 --draws 1 --rates 1e-3 $long --json"
    under_way() { is_state "$1" running && [ "$(field "$1" step)" -gt 2 ] 2>/dev/null; }
    before=$(count)
    "$MLVICX" -q eval a $one >"$dir/out" 2>"$dir/err" </dev/null &
    command=$!
    wait_for 60 under_way a-finetune100-d1-r0.001 && kill -INT $command
    wait $command
    [ $? -eq 130 ] && says "the same command goes on" && is_state a-finetune100-d1-r0.001 stopped
    verdict $? "SIGINT stops the run with a checkpoint, and says how to go on"
    "$MLVICX" -q eval a $one >"$dir/out" 2>"$dir/err" </dev/null &
    command=$!
    wait_for 60 under_way a-finetune100-d1-r0.001 && kill -KILL $command
    verdict $? "the same command goes on with it"
    wait $command 2>/dev/null
    is_state a-finetune100-d1-r0.001 running
    verdict $? "which outlives the command"
    "$MLVICX" eval a $one >"$dir/out" 2>"$dir/err" </dev/null &
    command=$!
    wait_for 60 grep -q "rate 0.001: step" "$dir/err"
    kill -KILL "$(worker a-finetune100-d1-r0.001)"
    wait $command && says "run a-finetune100-d1-r0.001: is lost; this command trains it on"
    verdict $? "what a worker leaves that is killed, the command that waited for it goes on with"
    run -q eval a $one && cp "$dir/out" "$dir/killed" && [ "$(count)" -eq $((before + 1)) ] && [ "$(value "$dir/killed" child_run 1)" = a-finetune100-d1-r0.001 ]
    verdict $? "and the same command has its figures, of one run"
    run -q train --parent a --method supervised --data ghosts --preset demo --name whole $long --set data.size=32 --set data.labels=100 --set data.draw=1 --set optim.lr=1e-3 \
        --set train.threads=1 --set data.threads=1 --set autotune=off --set train.on_divergence=lower --set model.context=on && run -q eval whole --json &&
        [ "$(value "$dir/out" auc_macro 1)" = "$(value "$dir/killed" auc_macro 1)" ]
    verdict $? "which are those of a run that nothing interrupted"

    # the last of its runs scores, without the command
    scored() { run log "$1" && says "test images of ghosts, AUC" && until_state "$1" finished; }
    short="--protocol finetune --labels 100 --draws 1 --rates 5e-4 $brief --set data.epoch_steps=25 --set optim.epochs=6 --json"
    "$MLVICX" -q eval b $short >"$dir/out" 2>"$dir/err" </dev/null &
    command=$!
    wait_for 60 is_state b-finetune100-d1-r0.0005 running && kill -KILL $command
    wait $command 2>/dev/null
    wait_for 60 scored b-finetune100-d1-r0.0005 && run -q export b predictions --protocol finetune --labels 100 -o "$dir/own.csv"
    verdict $? "of a command that was killed the figures come nevertheless, by the run's own worker"
    run show b-finetune100-d1-r0.0005 --json && [ "$(grep -c '"verb": "evaluate"' "$dir/out")" -eq 1 ] && says '"result": "ok: b-finetune100-d1-r0.0005 scored on'
    verdict $? "which was asked for it once, and has answered"
    run -q eval b $short && cp "$dir/out" "$dir/after" && run -q export b predictions --protocol finetune --labels 100 -o "$dir/again.csv" && cmp -s "$dir/own.csv" "$dir/again.csv" &&
        run -q eval b-finetune100-d1-r0.0005 --json && [ "$(value "$dir/out" auc_macro 1)" = "$(value "$dir/after" auc_macro 1)" ]
    verdict $? "the same command has them, and they are those of the run"

    # killed while it scored
    if has_python; then
        sql() { python3 -c 'import sqlite3, sys
c = sqlite3.connect(sys.argv[1], timeout=60)
for line in sys.argv[2:]: c.execute(line)
c.commit()' "$MLVICX_HOME/mlvicx.db" "$@"; }
        child=$(field b-finetune100-d1-r0.0005 id)
        sql "UPDATE run SET state = 'running' WHERE id = $child" "UPDATE command SET done_at = NULL, result = NULL WHERE run_id = $child AND verb = 'evaluate'" \
            "DELETE FROM evaluation WHERE child_run_id = $child" && is_state b-finetune100-d1-r0.0005 lost && run -q resume b-finetune100-d1-r0.0005 &&
            run -q export b predictions --protocol finetune --labels 100 -o "$dir/again.csv" && cmp -s "$dir/own.csv" "$dir/again.csv"
        verdict $? "a worker that was killed while it scored is resumed, and scores"
    else
        skip "a worker that was killed while it scored is resumed, and scores" "no python3 with sqlite3"
    fi

    # the queue
    run eval b --protocol finetune --labels 100 --draws 1 --rates 1e-3,2e-3 $brief --queue && says "2 runs queued"
    verdict $? "the runs wait in the queue"
    both() { is_state b-finetune100-d1-r0.001 finished && is_state b-finetune100-d1-r0.002 finished; }
    wait_for 60 both && run log b-finetune100-d1-r0.001 && says "the last of its rates scores, b-finetune100-d1-r0.002 is not trained yet" && scored b-finetune100-d1-r0.002 &&
        run -q export b predictions --protocol finetune --labels 100 -o "$dir/queued.csv" && ! cmp -s "$dir/queued.csv" "$dir/own.csv"
    verdict $? "when the last of them is trained the one that validation prefers is scored"
    run -q eval b --protocol finetune --labels 100 --draws 1 --rates 1e-3,2e-3 $brief --json && grep -q '"child_run": "b-finetune100-d1-r0.00' "$dir/out"
    verdict $? "and are scored by the same command"
    run eval b --protocol finetune --labels 100 --draws 1 --rates 1e-3,2e-3 $brief --queue --json && [ "$(grep -c '"finished": true' "$dir/out")" -eq 2 ]
    verdict $? "after which nothing is queued"
}

# without validation images a tenth of the training patients is held out
if has_python; then
    "$MLVICX" -q data import phantom --name unheld --patients 60 --size 32 --threads 1 >/dev/null 2>&1
    sql "UPDATE image SET split = 'train' WHERE split = 'val' AND dataset_id = (SELECT id FROM dataset WHERE name = 'unheld')"
    # shellcheck disable=SC2086
    run eval a --task unheld --protocol finetune,linear --labels 100 --draws 1 --rates 7e-4 $brief && says "unheld has no validation images: a tenth of its training patients" &&
        says "choose the strength, rate and epoch"
    verdict $? "without validation images a tenth of the training patients is held out, which is said"
    run -q export a predictions --task unheld --protocol linear -o "$dir/l.csv" && run -q export a predictions --task unheld --protocol finetune -o "$dir/f.csv" &&
        cut -d, -f1-3 "$dir/l.csv" >"$dir/l" && cut -d, -f1-3 "$dir/f.csv" >"$dir/f" && cmp -s "$dir/l" "$dir/f" && grep -q ',train$' "$dir/f" &&
        run show a-finetune100-d1-r0.0007 --json && grep -q '"data.held_out": 10' "$dir/out" && [ "$(field a-finetune100-d1-r0.0007 auc)" != null ]
    verdict $? "the same images for probe and run"
else
    skip "without validation images a tenth of the training patients is held out" "no python3 with sqlite3"
fi

refused 2 "--rates: '0' is not a rate" "a bad rate is told" eval a --protocol finetune --rates 1e-3,0
refused 2 "--rates: '0.001' is there twice" "and one that is there twice" eval a --protocol finetune --rates 1e-3,0.001
refused 2 "--rates: goes with --protocol finetune" "and rates of nothing" eval a --rates 1e-3
refused 2 "--queue: --protocol linear makes no runs" "a probe is not queued" eval a --protocol linear,finetune --queue
refused 2 "--set optim.lr=1: eval sets it; take --rates" "what an option decides is not set" eval a --protocol finetune --set optim.lr=1
refused 2 "a run brings its own network" "nor is the network" eval a --protocol finetune --set model.width=8
refused 2 "did you mean optim.epochs" "a key that is none is told" eval a --protocol finetune --set optim.epoch=1
refused 2 "there is nothing to tune in a random encoder" "a random encoder is not tuned" eval --init random --task ghosts --protocol finetune
finish
