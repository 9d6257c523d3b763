#!/bin/sh
# Work that is kept: a store that is locked, a resume that is refused or went nowhere, signals, a loss that is not finite.
. "${srcdir:-.}/tests/common.sh"
ghosts 40 32
# A run with a checkpoint every 5 steps, kept, and one that trains for as long as it is let.
short="$tiny --set optim.epochs=6 --set checkpoint.every=1"
long="$tiny --set optim.epochs=100000 --set checkpoint.minutes=0.005"
steps() { "$MLVICX" show "$1" --json | sed -n '/"checkpoints"/,/\]/s/^ *"step": \([0-9]*\),*$/\1/p' | tr '\n' ' '; }
in_log() { grep -qF -- "$2" "$MLVICX_HOME/runs/$1/log"; }

# ---- locked ----
if has_python; then
    # shellcheck disable=SC2086
    run train $long --name locked --detach
    hold 40
    wait_for 30 in_log 1 "tried again each second"
    verdict $? "a locked store: the run goes on and says so"
    run runs && grep -q locked "$dir/out"
    verdict $? "and can be looked at"
    run tag locked x
    [ $? -eq 1 ] && says "keeps the database locked (process $holder"
    verdict $? "who waits in vain is told which process has it"
    wait "$holder"
    wait_for 20 in_log 1 "nothing is lost" && [ "$(state 1)" = running ]
    verdict $? "after 40 seconds it is training as before, and everything is written"
    hold 600
    wait_for 60 test -f "$MLVICX_HOME/runs/1/unwritten.db"
    verdict $? "what cannot be written is saved beside the run"
    kill -KILL "$(worker 1)"
    kill "$holder"
    wait "$holder" 2>/dev/null
    run resume 1 --detach && in_log 1 "could not write is in the store now" && run stop 1
    verdict $? "killed then, it goes on from there"
    python3 - "$MLVICX_HOME/mlvicx.db" <<'END'
import sqlite3, sys
c = sqlite3.connect(sys.argv[1])
c.execute("INSERT INTO run(id,name,state,method,dataset,config,resolved,preset,seed,created_at,host,steps,epochs,note)"
          " VALUES(50,'large','stopped','mlvicx','','','','demo',1,0,'',30000,1,'')")
c.executemany("INSERT INTO point VALUES(50,?,?,1.0)", ((m, s) for m in range(1, 52) for s in range(1, 30001)))
c.commit()
END
    run resume 1 --detach
    run rm large --yes && [ "$(state 1)" = running ] && run runs && ! grep -q large "$dir/out"
    verdict $? "a run of 1.5 million points is removed beside one that trains"
    python3 - "$MLVICX_HOME/mlvicx.db" <<'END'
import sqlite3, sys
sys.exit(sqlite3.connect(sys.argv[1]).execute("SELECT count(*) FROM point WHERE run_id = 50").fetchone()[0] != 0)
END
    verdict $? "and nothing of it is left"
    run stop 1
else
    skip "a locked store" "no python3 to lock it with"
fi

# ---- resume ----
# shellcheck disable=SC2086
run train $short --name a
before=$(steps a)
run resume a --from 30 --set optim.epochs=2
[ $? -eq 2 ] && says "epochs are done already" && [ "$(state a)" = finished ] && [ "$(steps a)" = "$before" ]
verdict $? "a resume that is refused changes nothing, with --from"
run resume a --set optim.epochs=2
[ $? -eq 2 ] && [ "$(state a)" = finished ]
verdict $? "nor without"
newest=$(ls "$MLVICX_HOME"/runs/"$(field a id)"/step-*.safetensors | tail -n 1)
mv "$newest" "$newest.aside"
run resume a --set optim.epochs=7
[ $? -eq 1 ] && says "No such file" && [ "$(state a)" = finished ] && [ "$(steps a)" = "$before" ]
verdict $? "a checkpoint that was moved is asked about, not passed over"
mv "$newest.aside" "$newest"
run resume a --from 9 --set optim.epochs=100000 --set checkpoint.every=0 --detach
wait_for 30 sh -c "[ \"\$('$MLVICX' show a --json | sed -n 's/^  \"step\": \([0-9]*\),*/\1/p')\" -gt 10 ]"
kill -KILL "$(worker a)"
[ "$(steps a)" = "$before" ]
verdict $? "what going back gives up stays until something new is saved"
run resume a && [ "$(state a)" = finished ] && [ "$(steps a)" = "$before" ]
verdict $? "and comes back where nothing was"
run resume a --from 13 --set optim.epochs=8
[ $? -eq 0 ] && says "step 13 has no whole checkpoint: goes on from step $(printf '%s' "$before" | tr ' ' '\n' | awk '$1 <= 13 { s = $1 } END { print s }')"
verdict $? "a resume from a step without a checkpoint says from which one it goes on"
run resume a --from 2 --set optim.epochs=6
[ $? -eq 0 ] && says "step 2 has no whole checkpoint" && says "begins again at step 0" && run resume a --from 0 --set optim.epochs=6 && ! says "no whole checkpoint"
verdict $? "or that it begins again"
run rm a nobody --yes
[ $? -eq 1 ] && [ "$(state a)" = finished ]
verdict $? "rm looks at all runs before it removes the first"

# ---- settings ----
# shellcheck disable=SC2086
run train $long --set train.threads=0 --name set --detach
run set set optim.lr=0.001
"$MLVICX" show set --json | grep -q '"kernels": "auto"' && "$MLVICX" show set --json | grep -q '"train.threads": 0'
verdict $? "a live setting leaves what was written as auto"
run set set optim.lr=0.002 optim.epochs=0
[ $? -eq 2 ] && ! "$MLVICX" show set --json | grep -q '"optim.lr": 0.002'
verdict $? "of several settings none is taken where one is impossible"

# ---- signals ----
pid=$(worker set)
kill -USR1 "$pid"
wait_for 20 sh -c "'$MLVICX' show set | grep -q signal" && [ "$(state set)" = running ]
verdict $? "SIGUSR1 saves, and the run goes on"
kill -XCPU "$pid"
until_state set stopped
verdict $? "SIGXCPU ends it with a checkpoint"
# shellcheck disable=SC2086
"$MLVICX" train $long --name here --foreground >"$dir/out" 2>"$dir/err" </dev/null &
pid=$!
until_state here running && [ "$(worker here)" = "$pid" ]
verdict $? "--foreground trains in the process itself"
kill -TERM "$pid"
wait "$pid"
[ $? -eq 143 ] && [ "$(state here)" = stopped ]
verdict $? "and ends with it"
if has_python; then
    # shellcheck disable=SC2086
    "$MLVICX" train $long --name twice --foreground >"$dir/out" 2>"$dir/err" </dev/null &
    pid=$!
    until_state twice running
    hold 600
    kill -TERM "$pid"
    sleep 1
    kill -TERM "$pid"
    wait "$pid"
    [ $? -eq 143 ] && says "all of it is kept in"
    verdict $? "asked twice while the store is locked, it keeps everything in a file and ends with 143"
    kill "$holder"
    wait "$holder" 2>/dev/null
    run resume twice --detach && in_log "$(field twice id)" "could not write is in the store now" && run stop twice
    verdict $? "from where the next worker takes it"
fi
# shellcheck disable=SC2086
run train $long --name slow --detach
until_state slow running
kill -STOP "$(worker slow)"
"$MLVICX" stop slow >"$dir/out" 2>"$dir/err" </dev/null &
pid=$!
wait_for 30 says "waiting for it" && kill -CONT "$(worker slow)"
wait "$pid" && [ "$(state slow)" = stopped ]
verdict $? "who stops a run whose worker is at something long is told so, and waits"
run resume here --detach
"$MLVICX" log here -f >"$dir/out" 2>"$dir/err" </dev/null &
follower=$!
wait_for 20 grep -q step "$dir/out"
kill -KILL "$(worker here)"
wait "$follower"
[ $? -eq 1 ] && says "is lost"
verdict $? "log -f of a worker that is killed ends with 1 and says so"

# ---- a loss that is not finite ----
diverges="--set optim.kind=lars --set optim.lr=300 --set optim.epochs=40 --set optim.warmup_epochs=20"
# shellcheck disable=SC2086
timeout 60 "$MLVICX" train $tiny $diverges --name stops >"$dir/out" 2>"$dir/err" </dev/null
[ $? -eq 1 ] && [ "$(state stops)" = failed ] && says "Try: "
verdict $? "without a terminal a diverged run ends with 1 and advice"
# shellcheck disable=SC2086
run train $tiny $diverges --name blocks --queue && run train $short --name after --queue && until_state after finished 60
verdict $? "and does not hold up the queue"
# shellcheck disable=SC2086
timeout 60 "$MLVICX" train $tiny $diverges --set train.on_divergence=lower --name lowers >"$dir/out" 2>"$dir/err" </dev/null
"$MLVICX" show lowers | grep -q '3 of 3'
verdict $? "lower goes back and halves the rate, three times at most"

# ---- file systems ----
cat >"$dir/nolock.c" <<'END'
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>
static int refuse(int fd, int command, void *argument)
{
    if (command == F_SETLK || command == F_SETLKW || command == F_GETLK) { errno = ENOLCK; return -1; }
    return (int)syscall(SYS_fcntl, fd, command, argument);
}
int fcntl(int fd, int command, ...) { va_list a; va_start(a, command); void *p = va_arg(a, void *); va_end(a); return refuse(fd, command, p); }
int fcntl64(int fd, int command, ...) { va_list a; va_start(a, command); void *p = va_arg(a, void *); va_end(a); return refuse(fd, command, p); }
END
if ${CC:-cc} -shared -fPIC -o "$dir/nolock.so" "$dir/nolock.c" 2>/dev/null; then
    LD_PRELOAD=$dir/nolock.so run tag a x
    [ $? -eq 1 ] && says "gives no locks"
    verdict $? "a file system without locks is called so, not a lock of somebody else"
else
    skip "a file system without locks" "no compiler for a shim"
fi
finish
