#!/bin/sh
# A data set that several stores use where it lies: data share, data attach, and what becomes of it when its pack goes or
# changes.
# shellcheck source=tests/common.sh
. "${srcdir:-.}/tests/common.sh"

lab=$dir/lab other=$dir/other
mkdir "$lab"
at() { # STORE WORDS...
    MLVICX_HOME=$1
    shift
    run "$@"
    code=$?
    MLVICX_HOME=$dir/home
    return $code
}
rows() { MLVICX_HOME=$1 "$MLVICX" data splits "$2"; }

ghosts 24 32
(umask 027 && run data share ghosts "$lab" --json) && pack=$(ls "$lab"/ghosts-*.pack) && table=${pack%.pack}.jsonl &&
    [ -f "$table" ] && [ "$(stat -c %a "$pack" "$table" | sort -u)" = 640 ] && grep -qF "\"pack\": \"$pack\"" "$dir/out" &&
    grep -q "patient ids of" "$dir/err"
verdict $? "a data set is shared as two files that the group can read"
cp "$pack" "$dir/kept.pack"
run data share ghosts "$lab" && cmp -s "$pack" "$dir/kept.pack" && [ "$(find "$lab" -type f | wc -l)" -eq 2 ]
verdict $? "sharing once more leaves the pack as it is"
refused 2 "is the store's own folder" "nothing is shared into packs/" data share ghosts "$MLVICX_HOME/packs"
refused 1 "no such folder" "the folder has to be there" data share ghosts "$dir/none"

chmod a-w "$pack" "$table"
at "$other" data attach "$pack" && [ -z "$(find "$other/packs" -name '*.pack')" ] && at "$other" data verify ghosts &&
    rows "$dir/home" ghosts >"$dir/one" && rows "$other" ghosts >"$dir/two" && cmp -s "$dir/one" "$dir/two"
verdict $? "another store attaches it without a copy, with the splits and patients that were shared"
at "$other" data list && grep -qF "attached: $pack" "$dir/out" && at "$other" data list --json && grep -q '"attached": true' "$dir/out" &&
    at "$other" data show ghosts && grep -qF "attached: $pack" "$dir/out" && ! grep -q WARNING "$dir/out" &&
    run data list --json && grep -q '"attached": false' "$dir/out"
verdict $? "list and show say that it is attached, and where"
MLVICX_HOME=$other
refused 1 "the name is taken" "its name may be taken" data attach "$pack"
refused 1 "the name is taken" "so may one that is given" data attach "$pack" --name ghosts
run data attach "$pack" --name twice && run data rm twice --yes && grep -qF "its attached pack stays: $pack" "$dir/err" && cmp -s "$pack" "$dir/kept.pack"
verdict $? "one pack is attached under two names; rm keeps the pack, and says so"

# shellcheck disable=SC2086
run train $tiny --name a --set optim.epochs=2 --foreground && run eval a --task ghosts --labels 100 --draws 1 &&
    run resume a --set optim.epochs=3 && [ "$(state a)" = finished ] && run data check "$srcdir/tests/fixtures/images" --against ghosts --json &&
    run data import phantom --name more --patients 3 --size 32 && run data merge ghosts more --name both && run data verify both
verdict $? "runs train, are evaluated and resumed on it; it is compared and merged; an import sweeps nothing of it away"
run data share ghosts "$dir" && cmp -s "$dir/$(basename "$pack")" "$dir/kept.pack"
verdict $? "an attached set is shared again"

# what becomes of the file
mv "$pack" "$dir/away"
refused 1 "the attached pack is gone; put it back" "a pack that has gone is told" data verify ghosts
run data show ghosts && grep -q "^WARNING .*the attached pack is gone" "$dir/out" && run data show ghosts --json && grep -q '"pack_error": "data set ghosts: ' "$dir/out"
verdict $? "show tells it too, and the rest all the same"
printf ':save-display %s/screen\n' "$dir" >"$dir/keys" && run attach --script "$dir/keys" --screen images && tr -d ' \n' <"$dir/screen" | grep -q "theattachedpackisgone;putitback"
verdict $? "so does the workbench, on Images"
refused 1 "the attached pack is gone" "no run starts without it" resume a --set optim.epochs=4
"$MLVICX" --store "$dir/home" -q data import phantom --name other --patients 5 --size 32 >/dev/null 2>&1
cp "$(ls "$dir"/home/packs/other-*.pack)" "$pack"
refused 1 "has changed: it is not the pack that data set ghosts was attached to" "another pack in its place is told" data verify ghosts
rm -f "$pack"
cp "$dir/kept.pack" "$pack"
printf '\377\376\375' | dd of="$pack" bs=1 seek=301 conv=notrunc 2>/dev/null
refused 1 "put the whole file back" "a changed pixel is found" data verify ghosts
refused 1 "the first is image 0; put the whole file back" "and is not attached" data attach "$pack" --name b
rm -f "$pack"
ln -s "$dir/kept.pack" "$pack"
refused 1 "no regular file" "a link in its place is not followed" data verify ghosts
rm -f "$pack"
mkfifo "$pack"
refused 1 "no regular file" "a pipe in its place does not hang" data verify ghosts
rm -f "$pack"
cp "$dir/kept.pack" "$pack"
run data verify ghosts && run resume a --set optim.epochs=4
verdict $? "put back, it is used again"

# what is not attached
mv "$table" "$dir/rows"
refused 1 "the rows of this pack are not beside it" "a pack without its rows is refused" data attach "$pack" --name b
sed '5s/"split":"[a-z]*"/"split":"val"/' "$dir/rows" >"$table"
refused 1 "are not those that were written" "rows that were changed are refused" data attach "$pack" --name b
head -n 20 "$dir/rows" >"$table"
refused 1 "line 21: the file ends here" "rows that were cut are refused" data attach "$pack" --name b
cp "$dir/rows" "$table"
refused 1 "No such file" "a path that is not there is told" data attach "$dir/none.pack"
refused 2 "is no pack by its name" "a file of another name is refused" data attach "$dir/rows"
refused 2 "lies in this store" "a pack of the store itself is refused" data attach "$(ls "$MLVICX_HOME"/packs/more-*.pack)" --name b
ln -s "$lab" "$dir/link"
run data attach "$dir/link/$(basename "$pack")" --name linked && run data show linked && grep -qF "attached: $pack" "$dir/out"
verdict $? "of a path through links the place behind them is kept"
chmod g+w "$pack"
run data attach "$pack" --name open && grep -q "WARNING: .* may be written by others" "$dir/err"
verdict $? "a pack that others may write is told"

if has_python; then
    # rows that a stranger wrote: files of the user, under the name of a pack and not
    sql() { python3 -c 'import sqlite3, sys
c = sqlite3.connect(sys.argv[1]); c.executescript(sys.argv[2]); c.commit(); c.close()' "$MLVICX_HOME/mlvicx.db" "$1"; }
    echo precious >"$dir/mine" && cp "$dir/mine" "$dir/mine.pack"
    sql "UPDATE dataset SET pack = '$dir/mine.pack' WHERE name = 'open'; UPDATE dataset SET pack = '$dir/mine' WHERE name = 'linked'"
    refused 1 "not a whole pack" "of a file that a row names nothing is read" data verify open
    ! grep -q precious "$dir/err" && refusal 1 "is no name of one" data verify linked && run data rm open --yes && run data rm linked --yes &&
        [ "$(cat "$dir/mine" "$dir/mine.pack")" = "precious
precious" ]
    verdict $? "and nothing of it removed"
fi
run data rm ghosts --yes && cmp -s "$pack" "$dir/kept.pack" && [ -f "$table" ]
verdict $? "in the end the shared files are as they were"
finish
