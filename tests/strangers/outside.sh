#!/bin/sh
# Files outside of the store: names that somebody else took, pipes and devices, texts from a crafted store, signals while
# something starts. Prints TAP.
# shellcheck disable=SC2154 # dir and tiny are of common.sh
# shellcheck source=tests/common.sh
. "${srcdir:-.}/tests/common.sh"
mkdir "$dir/work" && cd "$dir/work" || exit 99
umask 022

# soon SECONDS WORDS...: like run, and killed (status 137) where it does not come back
soon() {
    seconds=$1
    shift
    timeout -k 1 -s KILL "$seconds" "$MLVICX" "$@" >"$dir/out" 2>"$dir/err" </dev/null
}
# one_line STATUS TEXT: what was refused last is one line with TEXT, and nothing on standard output
one_line() { [ "$status" -eq "$1" ] && [ "$(wc -l <"$dir/err")" -eq 1 ] && says "$2" && [ ! -s "$dir/out" ]; }
runs() { "$MLVICX" runs --json | grep -c '"id"'; }
mode() { stat -c %a "$1"; }
ghosts
# shellcheck disable=SC2086
run -q train $tiny --set optim.epochs=1 --name one
verdict $? "a run to export"

# ---- temporary names ----

echo kept >victim
# The process that exports has a number that is known before: its old name for a temporary is a link, a file, a pipe.
for what in link file pipe; do
    # shellcheck disable=SC2016
    timeout -s KILL 30 sh -c 'name=planted.csv.tmp.$$
        case $1 in link) ln -s victim "$name" ;; file) : >"$name" && chmod 666 "$name" ;; *) mkfifo "$name" ;; esac
        exec "$2" export one metrics -o planted.csv' sh $what "$MLVICX" >"$dir/out" 2>"$dir/err" </dev/null &&
        [ "$(cat victim)" = kept ] && [ -f planted.csv ] && [ "$(mode planted.csv)" = 644 ] && grep -q ^step planted.csv
    verdict $? "a $what at the temporary's old name is left alone"
    rm -f planted.csv planted.csv.tmp.*
done

# ---- where a user's file goes, and who may read it ----

# Each way to write a file for a user: NAME and words, with FILE for where it goes.
ways='csv:export one metrics -o FILE
safetensors:export one encoder -o FILE
png:export one figure --screen loss -o FILE
loss.csv:export one figure --screen loss -o FILE
view.png:data image picture.png -o FILE'
run export one figure --screen loss --size 640x480 -o picture.png
verdict $? "a picture to look at"
write() { # WAY FILE, masked as the shell is now
    # shellcheck disable=SC2046
    soon 30 $(echo "$1" | sed "s|^[^:]*:||; s|FILE|$2|")
    status=$?
    return $status
}
echo "$ways" | while read -r way; do
    f=out.${way%%:*}
    write "$way" "$f" && [ "$(mode "$f")" = 644 ] && chmod 640 "$f" && write "$way" "$f" && [ "$(mode "$f")" = 640 ] &&
        rm "$f" && (umask 077 && write "$way" "$f" && [ "$(mode "$f")" = 600 ]) &&
        mv "$f" real && ln -s real "$f" && : >real && write "$way" "$f" && [ -L "$f" ] && [ -s real ] &&
        rm real "$f" && mkfifo pipe && ! write "$way" pipe && one_line 1 "pipe: is there and is a pipe, no regular file" &&
        [ -p pipe ] && rm pipe && mkdir folder && ! write "$way" folder && one_line 1 "folder: is there and is a directory" &&
        rmdir folder && ! write "$way" /dev/null && one_line 1 "is a device, no regular file" && [ -c /dev/null ] &&
        ! find . -name "*.tmp.*" | grep -q . || exit 1
done
verdict $? "exports, figures and pictures: mode by umask, an own link and a mode kept, no pipe, folder or device replaced"
[ "$(mode "$MLVICX_HOME/mlvicx.db")" = 600 ] && [ "$(mode "$MLVICX_HOME/runs/1")" = 700 ] &&
    [ "$(find "$MLVICX_HOME" -type f ! -perm 600 | wc -l)" -eq 0 ]
verdict $? "the store's own files have mode 600 all the same"
printf ':save-display screen\n:quit\n' >keys
run --script keys && [ "$(mode screen)" = 644 ]
verdict $? ":save-display too"
run export one metrics --format tensorboard -o board && [ "$(mode board)" = 755 ] && [ "$(mode "$(echo board/one/events*)")" = 644 ]
verdict $? "so do a folder for TensorBoard and what is in it"
if [ "$(id -u)" -eq 0 ] && chown 65534 keys 2>/dev/null; then
    ln -s victim stranger.csv && chown -h 65534 stranger.csv
    soon 30 export one metrics -o stranger.csv
    status=$?
    one_line 1 "another user's" && [ "$(cat victim)" = kept ]
    verdict $? "a link of somebody else's is refused"
else
    skip "a link of somebody else's is refused" "only root can make one"
fi
run export one metrics -o - && grep -q ^step "$dir/out" && run export one metrics -o /dev/stdout && grep -q ^step "$dir/out" &&
    run export one figure --screen loss --format csv -o - && grep -q ^run, "$dir/out" && [ ! -e ./- ]
verdict $? "tables go to standard output where it is named"

# ---- pipes, devices and endless files ----

mkfifo silent
ln -s silent to-silent
truncate -s 1T endless
config=$XDG_CONFIG_HOME/mlvicx
mkdir -p "$config" "$MLVICX_HOME/presets"
for source in silent to-silent /dev/zero endless; do
    sed "s|FILE|$source|; s|TINY|$tiny|" <<END >calls
data image FILE -o no.png
verify FILE
eval --init FILE --task ghosts
train TINY --config FILE
train TINY --set model.init=FILE
data import csv FILE --name no
data import folder FILE --name no
--script FILE
END
    while read -r words; do
        # shellcheck disable=SC2086
        soon 30 $words
        status=$?
        one_line 1 "${source#to-}" || break
        words=
    done <calls
    [ -z "$words" ]
    verdict $? "$source as picture, fixture, weights, configuration, table, folder, script: refused at once, in one line"
done
for store in silent picture.png; do
    for words in runs queue "data list" "show one" "note one x" "export metrics --all"; do
        # shellcheck disable=SC2086
        soon 30 $words --store "$store"
        status=$?
        one_line 1 "not a " || break
        words=
    done
    [ -z "$words" ]
    verdict $? "$store as store is no store without runs"
done
mkdir -p set/train/A set/train/B
cp picture.png set/train/A/1.png && cp picture.png set/train/B/2.png && mkfifo set/train/A/pipe.png &&
    ln -s "$PWD/silent" set/train/B/link.png && ln -s /dev/zero set/train/B/zero.png && cp endless set/train/A/big.png
printf 'path\nset/train/A/1.png\nset/train/A/pipe.png\nset/train/B/zero.png\n' >table.csv
soon 60 data import folder set --name holes --size 32 --threads 1 --follow-links --images "$PWD" --json && says '"unreadable"'
verdict $? "pipes, devices and endless files in an import's folder are named, not waited for"
soon 60 data import csv table.csv --name holed --size 32 --threads 1
[ $? -le 1 ]
verdict $? "so are those that a table names"
mkfifo "$config/keys"
soon 30 --script keys
[ $? -ne 137 ]
verdict $? "a pipe as file of keys is not waited for"
rm "$config/keys"

# ---- text that comes out of a pipe, and text that is none ----

plan="train $tiny --dry-run --json"
# shellcheck disable=SC2086
printf '[optim]\nepochs = 33\n' | timeout 30 "$MLVICX" $plan --config - >"$dir/out" 2>"$dir/err" && grep -q '"epochs": 33' "$dir/out"
verdict $? "a configuration comes from standard input"
(sleep 1 && printf '[optim]\nepochs = 34\n' >silent) &
# shellcheck disable=SC2086
soon 30 $plan --config silent && grep -q '"epochs": 34' "$dir/out"
verdict $? "and out of a pipe that is filled later"
wait
sleep 600 >silent &
holder=$!
# shellcheck disable=SC2086
timeout -k 5 -s TERM 2 "$MLVICX" $plan --config silent >"$dir/out" 2>"$dir/err" </dev/null
[ $? -eq 124 ]
verdict $? "one that is open and silent is waited for, and left at the first signal"
kill $holder 2>/dev/null
wait $holder 2>/dev/null
printf '[optim]\nepochs = 3\n\000\nepochs = 4\n' >zero.ini
# shellcheck disable=SC2086
soon 30 $plan --config zero.ini
status=$?
one_line 1 "zero.ini: line 3: a zero byte"
verdict $? "a zero byte in a configuration drops nothing without a word"
printf ':save-display a\n\000:save-display b\n' >zero.keys
soon 30 --script zero.keys
status=$?
one_line 1 "zero.keys: line 2: a zero byte"
verdict $? "nor in a script"

# ---- texts of a crafted store ----

bad() { LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]|[\x80-\xff](?![\x80-\xff])(?<![\x80-\xbf])' "$@"; }
if command -v sqlite3 >/dev/null 2>&1 && printf '\302\233' | bad; then
    cp -R "$MLVICX_HOME" "$dir/crafted"
    name=$(printf '../../x\342\200\256"=1,\302\2332J')
    metric=$(printf '=cmd,"\342\200\251\302\233')
    note=$(printf 'x\033]0;y\007\342\201\246\302\2332J')
    sqlite3 "$dir/crafted/mlvicx.db" "UPDATE run SET name = '$name', note = '$note';
        UPDATE metric SET name = '$metric', unit = '$metric', help = '$metric' WHERE name = 'loss';
        INSERT INTO tag VALUES(1, '$note'); UPDATE event SET text = '$note'"
    tried=0 failed_text=0
    for words in runs "runs --json" "show 1" "show 1 --json" "log 1" "export 1 metrics" "export 1 metrics --long --header" \
        "export 1 metrics --format jsonl --header" "export 1 metrics --format json" "export metrics --all" \
        "export 1 figure --screen loss --format csv" "inspect 1" "inspect 1 --json" "data show ghosts" "queue" "queue --json"; do
        # shellcheck disable=SC2086
        soon 60 $words --store "$dir/crafted"
        [ $? -le 1 ] || failed_text=1
        tried=$((tried + 1))
        bad "$dir/out" "$dir/err" && failed_text=1 && echo "# steered by: $words"
    done
    [ $failed_text -eq 0 ] && [ $tried -eq 16 ]
    verdict $? "nothing of a crafted store steers a terminal, in text, tables and JSON"
    soon 30 export metrics --all --format tensorboard -o deep/er/board --store "$dir/crafted"
    [ $? -eq 1 ] && says "holds what mlvicx never writes" && [ ! -e deep ] && [ "$(find . -name '*=1*' | wc -l)" -eq 0 ]
    verdict $? "no name leads out of the folder that export was given"
    sqlite3 "$dir/crafted/mlvicx.db" "UPDATE run SET name = 'one'; DELETE FROM tag"
    soon 30 export metrics --all --store "$dir/crafted" && ! grep -qE '(^|,)"?[=+@-][a-z]' "$dir/out" && says "'=cmd"
    verdict $? "no cell of a table is a formula"
else
    skip "nothing of a crafted store steers a terminal" "no sqlite3, or a grep without -P"
fi

# ---- signals while something starts ----

# Ended at many moments of its start, train leaves either nothing or a run that stopped.
for way in "" --detach --foreground; do
    bad_end=0
    for delay in 0.01 0.02 0.03 0.05 0.07 0.1 0.15 0.25; do
        before=$(runs)
        # shellcheck disable=SC2086
        "$MLVICX" -q train $tiny --set optim.epochs=100000 $way >"$dir/out" 2>"$dir/err" </dev/null &
        pid=$!
        sleep $delay
        kill -TERM $pid 2>/dev/null
        wait_for 30 sh -c "! kill -0 $pid 2>/dev/null || [ \"\$(ps -o stat= -p $pid)\" = Z ]" || bad_end=1
        wait $pid
        ended=$?
        # a --detach that was over already has left its run running, which is no fault
        [ $ended -eq 143 ] || { [ "$way" = --detach ] && [ $ended -eq 0 ]; } || bad_end=1
        if [ "$(runs)" -gt "$before" ]; then
            newest=$("$MLVICX" runs --json | sed -n 's/^ *"id": \([0-9]*\),$/\1/p' | head -1)
            [ $ended -eq 0 ] && "$MLVICX" -q stop "$newest" >/dev/null 2>&1
            until_state "$newest" stopped || bad_end=1
            "$MLVICX" rm "$newest" --yes >/dev/null 2>&1
        fi
    done
    [ $bad_end -eq 0 ] && [ "$(runs)" -eq 1 ]
    verdict $? "train${way:+ $way} that is ended while it starts leaves nothing half made"
done

# Somebody keeps the store locked: what starts waits for it, and for no longer than it should.
# shellcheck disable=SC2086
"$MLVICX" -q train $tiny --set optim.epochs=100000 --name long --detach >/dev/null 2>&1
"$MLVICX" -q stop long >/dev/null 2>&1
until_state long stopped
verdict $? "a run to resume"
if command -v sqlite3 >/dev/null 2>&1; then
    mkfifo hold
    sqlite3 "$MLVICX_HOME/mlvicx.db" <hold >held 2>/dev/null &
    locker=$!
    exec 7>hold
    printf 'BEGIN IMMEDIATE;\nSELECT 1;\n' >&7
    wait_for 30 grep -q 1 held
    for words in "train $tiny" "train $tiny --foreground" "train $tiny --detach" "resume long" "resume long --foreground" \
        "resume long --detach" "data import phantom --name other --patients 8 --size 32 --threads 1" \
        "eval one --protocol knn --draws 1"; do
        # shellcheck disable=SC2086
        "$MLVICX" -q $words >"$dir/out" 2>"$dir/err" </dev/null &
        pid=$!
        sleep 1 # most wait for the store by now; those that do not are ended all the same
        kill -TERM $pid 2>/dev/null
        # the store would be waited for 15 seconds
        wait_for 10 sh -c "! kill -0 $pid 2>/dev/null || [ \"\$(ps -o stat= -p $pid)\" = Z ]"
        gone=$?
        kill -KILL $pid 2>/dev/null
        wait $pid
        [ $? -eq 143 ] && [ $gone -eq 0 ] && [ "$(runs)" -eq 2 ] && [ "$(state long)" = stopped ]
        verdict $? "$(echo "$words" | sed 's/ --preset.*autotune=off//') is ended while it waits for a locked store"
    done
    printf 'ROLLBACK;\n' >&7
    exec 7>&-
    wait $locker
    wait_for 30 sh -c "! ps -eo args | grep -F -- '--store $MLVICX_HOME' | grep -qv grep"
    verdict $? "no worker stays behind"
else
    skip "what starts is ended while it waits for a locked store" "no sqlite3"
fi
finish
