#!/bin/sh
# The protocols that train, asked for again: of a command that is killed all runs go on, what lies in the trash comes back,
# and what another process trains is waited for. Prints TAP.
# shellcheck source=tests/common.sh
. "${srcdir:-.}/tests/common.sh"
clean_up() {
    supervisor=$(cat "$dir/home/queue.lock" 2>/dev/null)
    [ -z "$supervisor" ] || kill -KILL "$supervisor" 2>/dev/null
    remove_all
}
ghosts 60
brief="--set optim.epochs=2 --set data.batch=8 --set data.epoch_steps=4 --set probe.epochs=0 --set diagnose.steps=0"
long="--set optim.epochs=60 --set data.batch=8 --set data.epoch_steps=10 --set train.patience=0 --set probe.epochs=0 --set diagnose.steps=0"
count() { "$MLVICX" runs --json | grep -c '"id"'; }
under_way() { is_state "$1" running && [ "$(field "$1" step)" -gt 2 ] 2>/dev/null; }
macro() { sed -n 's/^ *"auc_macro": \(.*\),$/\1/p' "$1"; }
# begin WORDS... : eval in the background, its id in $command; stdin stays closed and SIGINT is not ignored
begin() {
    "$MLVICX" eval "$@" >"$dir/out" 2>"$dir/err" </dev/null &
    command=$!
}
# shellcheck disable=SC2086
run -q train $tiny --name a --set optim.epochs=1 --set optim.warmup_epochs=0 --set optim.lr=0.001

# shellcheck disable=SC2086 # several words
{
    # killed during the first of several
    several="--protocol finetune --labels 30,100 --draws 1 --rates 1e-3,2e-3 $long --json"
    begin a $several
    wait_for 60 under_way a-finetune30-d1-r0.001
    kill -KILL $command
    verdict $? "a command is killed while the first of four runs is trained"
    wait $command 2>/dev/null
    says "4 runs to train, one after another, in the queue (mlvicx queue): if this command or its terminal dies, they go on and are scored; Ctrl-C stops them all"
    verdict $? "it has said what goes on without it"
    all() { for share in 30 100; do for rate in 0.001 0.002; do is_state a-finetune$share-d1-r$rate finished || return 1; done; done; }
    wait_for 120 all
    verdict $? "all of them are trained without it"
    run -q export a predictions --protocol finetune --labels 30 -o "$dir/30.csv" && run -q export a predictions --protocol finetune --labels 100 -o "$dir/100.csv"
    verdict $? "and the chosen ones scored"
    before=$(count)
    run eval a $several && cp "$dir/out" "$dir/first" && [ "$(count)" -eq "$before" ] && ! says "to train"
    verdict $? "the same command has nothing left to train"

    run eval a --protocol finetune --labels 30 --draws 1 --rates 1e-3,2e-3 $brief --set data.batch=64 && [ "$(grep -c 'so a batch is' "$dir/err")" -eq 1 ]
    verdict $? "what is remarked on two runs alike is said once"
    before=$(count)

    # the trash
    run -q rm --yes a-finetune30-d1-r0.001 a-finetune30-d1-r0.002 && [ "$(count)" -eq $((before - 2)) ] && run eval a $several &&
        cmp -s "$dir/first" "$dir/out" && [ "$(count)" -eq "$before" ] && [ "$(grep -c 'was in the trash and is back, for it is what is asked for; mlvicx rm --now a-finetune30-d1-r0.00' "$dir/err")" -eq 2 ]
    verdict $? "runs that lie in the trash are brought back, which is said, and have the same figures"
    run -q rm --yes a-finetune30-d1-r0.001 && run -q rename a-finetune30-d1-r0.002 a-finetune30-d1-r0.001 && run -q eval a $several && [ "$(count)" -eq "$before" ] &&
        [ "$(macro "$dir/out")" = "$(macro "$dir/first")" ]
    verdict $? "also where their names are taken"
    run -q rm --now --yes a-finetune30-d1-r0.001 && run -q eval a $several && [ "$(count)" -eq "$before" ] && [ "$(macro "$dir/out")" = "$(macro "$dir/first")" ] && ! says "trash"
    verdict $? "what is deleted for good is trained again"
    run -q eval a --protocol finetune --labels 30 --draws 1 --rates 5e-3 $brief --json && macro "$dir/out" >"$dir/asked" && run -q resume a-finetune30-d1-r0.005 --set optim.epochs=3 &&
        run -q rm --yes a-finetune30-d1-r0.005 && before=$(count) && run eval a --protocol finetune --labels 30 --draws 1 --rates 5e-3 $brief --json &&
        ! says "trash" && [ "$(count)" -eq $((before + 1)) ] && macro "$dir/out" | cmp -s - "$dir/asked"
    verdict $? "a run in the trash that was changed is left there"
    run -q rm --yes a-finetune30-d1-r0.005 && run eval a --protocol finetune --labels 30 --draws 1 --rates 5e-3,6e-3 $brief --queue && says "is back" && says "1 run queued, 0 under way, 1 finished"
    verdict $? "the queue takes them back, too"
    until_state a-finetune30-d1-r0.006 finished 60

    # Ctrl-C
    stopped="--protocol finetune --labels 100 --draws 1 --rates 3e-3,4e-3 $long --json"
    begin a $stopped
    wait_for 60 under_way a-finetune100-d1-r0.003 && kill -INT $command
    wait $command
    [ $? -eq 130 ] && says "the same command goes on" && is_state a-finetune100-d1-r0.004 stopped && run queue --json && ! says '"name"'
    verdict $? "Ctrl-C takes those that have not begun out of the queue"
    until_state a-finetune100-d1-r0.003 stopped
    verdict $? "and stops the one that is trained"

    # whoever trains it is waited for
    if has_python; then
        before=$(count)
        cat >"$dir/lock.py" <<'END'
import fcntl, os, struct, sys, time
fd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o600)
fcntl.fcntl(fd, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))  # F_OFD_SETLK
open(sys.argv[2], "w").close()
time.sleep(600)
END
        one="--protocol finetune --labels 100 --draws 1 --rates 3e-3 $long --json"
        python3 "$dir/lock.py" "$MLVICX_HOME/runs/$(field a-finetune100-d1-r0.003 id)/lock" "$dir/held" &
        holder=$!
        wait_for 60 test -f "$dir/held"
        begin a $one
        wait_for 60 says "run a-finetune100-d1-r0.003: another process has it already; this command waits for it, and Ctrl-C ends only the waiting"
        verdict $? "a run that another process has is waited for, which is said"
        kill -INT $command
        wait $command
        [ $? -eq 130 ] && says "is left to whoever trains it, and the same command goes on" && kill -0 $holder
        verdict $? "Ctrl-C ends the waiting"
        begin a $one
        wait_for 60 says "this command waits for it"
        kill -KILL $holder
        wait $holder 2>/dev/null
        wait $command && says "run a-finetune100-d1-r0.003: is stopped; this command trains it on" && cp "$dir/out" "$dir/taken" && [ "$(count)" -eq "$before" ]
        verdict $? "when that process dies the command goes on with the run"
        run -q eval a $one && cmp -s "$dir/taken" "$dir/out"
        verdict $? "and has its figures"
    else
        for name in "a run that another process has is waited for, which is said" "Ctrl-C ends the waiting" "when that process dies the command goes on with the run" "and has its figures"; do
            skip "$name" "no python3"
        done
    fi

    # two commands at once; the run is paused until all have it
    two="--protocol finetune --labels 100 --draws 1 --rates 7e-3 $long --json"
    begin a $two
    first=$command
    wait_for 60 under_way a-finetune100-d1-r0.007
    pid=$(worker a-finetune100-d1-r0.007)
    "$MLVICX" -q pause a-finetune100-d1-r0.007 >/dev/null 2>&1 && until_state a-finetune100-d1-r0.007 paused
    for name in second third; do
        "$MLVICX" eval a $two >"$dir/$name" 2>"$dir/$name.err" </dev/null &
        eval "$name=\$!"
        wait_for 60 grep -q "run a-finetune100-d1-r0.007: is trained by process $pid on .* already; this command waits for it" "$dir/$name.err"
        verdict $? "the $name of the same command waits for the first, and says for whom"
    done
    # shellcheck disable=SC2154
    kill -INT "$third"
    wait "$third"
    [ $? -eq 130 ] && "$MLVICX" -q resume a-finetune100-d1-r0.007 >/dev/null 2>&1 && wait "$first"
    verdict $? "one that no longer waits stops nothing"
    # shellcheck disable=SC2154
    wait "$second" && cmp -s "$dir/out" "$dir/second"
    verdict $? "both have the same figures"

    # the queue is busy with others
    run -q train $tiny --name other --set optim.epochs=400 --queue && wait_for 60 under_way other && run -q pause other && until_state other paused
    verdict $? "the queue has a run of its own"
    begin a --protocol finetune --labels 100 --draws 1 --rates 8e-3,9e-3 $long --json
    wait_for 60 under_way a-finetune100-d1-r0.008 && says "2 runs to train: the queue is busy with run $(field other id), so they are trained beside it, one after another; if this command dies" &&
        kill -KILL $command
    verdict $? "runs are then trained beside it"
    wait $command 2>/dev/null
    until_state a-finetune100-d1-r0.008 finished 60 && is_state a-finetune100-d1-r0.009 queued
    verdict $? "and of a command that is killed the others wait in it"
    run -q eval a --protocol finetune --labels 100 --draws 1 --rates 8e-3 $long --json && run -q queue drop a-finetune100-d1-r0.009 &&
        run -q eval a --protocol finetune --labels 100 --draws 1 --rates 9e-3,1e-2 $brief --json && is_state other paused
    verdict $? "or are trained by the same command"
    run -q stop other

    # the worker of this command's own run is killed
    begin a --protocol finetune --labels 100 --draws 1 --rates 1.1e-2 $long --json
    wait_for 60 under_way a-finetune100-d1-r0.011
    kill -KILL "$(worker a-finetune100-d1-r0.011)"
    wait $command
    [ $? -eq 1 ] && says "run a-finetune100-d1-r0.011: its worker was killed by signal 9" && says "; the same command goes on"
    verdict $? "a worker of the command's own that is killed is told"
}
finish
