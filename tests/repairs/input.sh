#!/bin/sh
# Keys that nobody pressed, letters with two meanings, terminals without a name, a store that is taken away: each as it
# happened, on a run that is being trained, in a terminal (tmux, where there is one).
. "${srcdir:-.}/tests/common.sh"

ghosts
# shellcheck disable=SC2086 # words
run train $tiny --set optim.epochs=100000 --set checkpoint.every=1 --name busy --detach
until_state busy running 60

# ---- the workbench by scripts of keys ----
keys() { # OPTIONS...: the script on stdin; the screen stands in $dir/screen
    sed "s,SCREEN,$dir/screen," >"$dir/keys"
    rm -f "$dir/screen"
    "$MLVICX" attach "$@" --script "$dir/keys" >"$dir/out" 2>"$dir/err"
}
shown() { grep -qF -- "$1" "$dir/screen" 2>/dev/null; }

for view in runs new checkpoints help; do
    keys busy --screen $view <<'END' && shown "with a checkpoint?" && is_state busy running
S
:save-display SCREEN
n
:wait 1
END
    verdict $? "S asks before it stops, on the screen $view"
done
keys busy --screen new --rows 50 <<'END' && shown "B begin" && ! shown "S start"
:save-display SCREEN
END
verdict $? "New run begins with a key of its own"
keys busy --screen help --rows 300 --columns 160 <<'END'
:save-display SCREEN
END
grep -q "^ *S  .*(asks)" "$dir/screen"
verdict $? "help says that stop asks"

# ---- in a terminal ----
session=input-$$
have_tmux=true
command -v tmux >/dev/null 2>&1 || have_tmux=false
tm() { tmux -L "$session" -f /dev/null "$@" 2>/dev/null; }
trap '$have_tmux && tm kill-server; clean_up' EXIT
windows=0
in_terminal() { # TERM WORDS...: the program in a window of its own
    windows=$((windows + 1))
    term=$1
    shift
    [ $windows -gt 1 ] || tm new-session -d -s all -x 100 -y 30 cat
    tm new-window -t all:$windows "env TERM='$term' '$MLVICX' $*; echo left \$?; cat"
}
open_in() { # TERM
    in_terminal "$1" attach busy --screen runs
    wait_for 30 on_screen "rank g/l"
}
look() { tm capture-pane -p -t all:$windows >"$dir/screen"; }
send() { tm send-keys -t all:$windows "$@"; }
on_screen() { look && shown "$1"; }
paste() { tm paste-buffer -r -t all:$windows "$@"; }
quiet() { # what was sent last did nothing: the run goes on, on the same screen, and no file came
    sleep 1
    look
    is_state busy running && shown "rank g/l" && ! shown "note:" && ! shown "? y" && [ ! -e RUN-loss.png ]
}
report='RUN-loss.png shows it: Pause, Stop
Next one: report.png'
cd "$dir" || exit 99
if $have_tmux; then
    open_in screen-256color
    printf '%s\n' "$report" | tm load-buffer -
    paste -p && wait_for 10 on_screen "pasted is left out" && quiet
    verdict $? "two pasted lines of a report do nothing"
    paste && quiet
    verdict $? "nor in a terminal that puts no brackets around them"
    send :
    paste -p && wait_for 10 on_screen ":RUN-loss.png shows it: Pause, Stop Next one: report.png"
    verdict $? "in a line they are text"
    send Escape
    for how in screen-256color vt220 linux; do
        open_in $how
        for bytes in '\033[1;2P' '\033[12;40R' '\033[O' '\033[I' '\033]11;rgb:1e1e/2323/4545\033\\' '\033S' '\033P1$rS\033\\' '\033_GNPS\033\\'; do
            # shellcheck disable=SC2059 # these are bytes
            send -l "$(printf "$bytes")"
        done
        quiet
        verdict $? "sequences that mean nothing do nothing under TERM=$how"
    done
    for byte in '\033' '[' 1 ';' 2 P; do
        # shellcheck disable=SC2059
        send -l "$(printf "$byte")"
        sleep 0.3
    done
    quiet
    verdict $? "nor does one that comes slowly"

    for how in xterm-kitty-none no-such-terminal; do
        open_in $how && wait_for 10 on_screen "TERM=$how is not known here; drawn as for TERM=xterm"
        verdict $? "TERM=$how is drawn as the nearest one"
    done
    open_in '' && wait_for 10 on_screen "TERM is not set; drawn as for TERM=xterm"
    verdict $? "and an empty TERM"

    # ---- a store that is taken away ----
    for how in "rm -rf" "replace" "rename"; do
        "${MLVICX%/*}/tests/make_store" "$dir/other" 1 >/dev/null 2>&1
        in_terminal screen-256color --store "$dir/other" --screen runs
        wait_for 30 on_screen healthy
        case $how in
        "rm -rf") rm -rf "$dir/other" ;;
        *) mv "$dir/other" "$dir/away" ;;
        esac
        [ "$how" != replace ] || "$MLVICX" --store "$dir/other" data import phantom --patients 8 --size 32 --name new >/dev/null 2>&1
        wait_for 20 on_screen "the store is gone" && send n && wait_for 10 on_screen "removed, renamed or replaced"
        verdict $? "a store that is taken away ($how) is noticed"
        send C
        sleep 1
        send O text Enter
        sleep 1
        send Q
        wait_for 20 on_screen "left 0"
        left=$?
        case $how in
        replace) [ "$("$MLVICX" --store "$dir/other" runs --json)" = "[]" ] && "$MLVICX" --store "$dir/other" data list | grep -q new ;;
        *) [ ! -e "$dir/other" ] ;;
        esac && [ $left -eq 0 ]
        verdict $? "nothing is written then, and none is made ($how)"
        rm -rf "$dir/other" "$dir/away"
    done
    tm kill-server
else
    skip "what a terminal sends" "no tmux here"
fi

# ---- commands on a store that is not there ----
for words in "pause 1" "stop 1" "checkpoint 1" "resume 1" "set 1 loss.cov=2" "tag 1 x" "note 1 x" "rename 1 x" "rm 1 --yes" \
    "queue up 1" "queue drop 1" "data rm x" "data show x" "data verify x" "show 1" "log 1" "eval 1 --task x" "inspect 1" \
    "worker 1" "train --data x" "attach 1" "attach 1 --script /dev/null"; do
    # shellcheck disable=SC2086 # words
    run --store "$dir/none" $words
    status=$?
    [ $status -ne 0 ] && [ ! -e "$dir/none" ]
    made=$?
    case $words in attach\ 1) [ $made -eq 0 ] ;; *) [ $made -eq 0 ] && says "there is none" ;; esac
    verdict $? "$words: makes no store, and says that there is none"
done

run stop busy
finish
