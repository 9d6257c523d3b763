#!/bin/sh
# eval --probe-for: facts that features tell. A marker that is planted in phantoms is found, where none is drawn it is not, and
# what was drawn by lot is told by no features; bad input.
# shellcheck source=tests/common.sh
. "${srcdir:-.}/tests/common.sh"
run -q data import phantom --name planted --patients 250 --size 48 --threads 1 --marker 50,Effusion
run -q data import phantom --name clean --patients 250 --size 48 --threads 1
random="--init random --preset demo --set model.dim=16 --set model.fuse=8 --set train.threads=1"
# figure KEY N: the N-th value of a key in the output
figure() { sed -n "s/^ *\"$1\": \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}\$/\1/p" "$dir/out" | sed -n "$2p"; }
# above X Y: X > Y
above() { awk -v x="$1" -v y="$2" 'BEGIN { exit !(x > y) }'; }

# shellcheck disable=SC2086 # several words
{
    run -q eval $random --task planted --probe-for marker --json && [ "$(figure fact 1)" = marker ] && [ "$(figure value 1)" = corner ] &&
        [ "$(figure told 1)" = true ] && above "$(figure auc 1)" .8 && [ "$(figure p 1)" = 1.0 ]
    verdict $? "a marker that is planted is found, by a random encoder, too"
    planted=$(figure auc 1)
    run -q eval $random --task planted --probe-for sex,age,view,brightness,marker --json && [ "$(grep -c '"fact"' "$dir/out")" -eq 5 ] &&
        [ "$(figure auc 5)" = "$planted" ] && [ "$(figure value 1)" = F ] && [ "$(figure told 4)" = true ] && above "$(figure auc 4)" .9 &&
        figure value 2 | grep -q '^> [0-9]' && [ "$(figure positives 2)" -gt 20 ] && [ "$(figure negatives 2)" -gt 20 ]
    verdict $? "each fact is probed as if it were the only one; ages are above their median or not"
    run eval $random --task planted --probe-for brightness && says "brightness > " && says "  told" && says "beside random:1:resnet18-w16-s48"
    verdict $? "as a table, beside a random encoder"
    run -q train $tiny --data planted --name tiny --set optim.epochs=1 --set optim.warmup_epochs=0
    run -q eval tiny --probe-for brightness,sex --json && [ "$(figure run 1)" = tiny ] && [ "$(figure random 1)" = random:1:resnet18-w4-s32 ] &&
        [ "$(figure difference 1)" != 0.0 ] && [ "$(figure p 1)" != null ]
    verdict $? "a run's features beside the encoder that it began with"
    run show tiny --json && ! grep -q '"protocol"' "$dir/out"
    verdict $? "nothing is recorded"
    refused 1 "--probe-for marker: data set clean does not know it of any training image; it has age, sex, view, brightness" \
        "a fact that is not known is told" eval $random --task clean --probe-for marker
    refused 2 "is there twice" "a fact counts once" eval $random --task clean --probe-for sex,sex
    refused 2 "is no list of facts" "a list of nothing" eval $random --task clean --probe-for sex,,age
    refused 2 "leave --labels out" "options of a task" eval $random --task clean --probe-for sex --labels 10
}

if has_python; then
    # the same images are marked in the rows, not in the pixels; and coins are tossed, by patient as facts of a person are
    python3 - "$MLVICX_HOME/mlvicx.db" <<'END'
import hashlib, sqlite3, sys
d = sqlite3.connect(sys.argv[1])
d.execute("insert into image_attribute select 2, image_idx, name, value from image_attribute where dataset_id = 1 and name = 'marker'")
for i, patient in d.execute("select idx, patient from image where dataset_id = 2").fetchall():
    for k in range(40):
        toss = hashlib.sha256(b"%d %s" % (k, patient.encode())).digest()[0] & 1
        d.execute("insert into image_attribute values(2, ?, ?, ?)", (i, "coin%d" % k, ("head", "tail")[toss]))
    d.execute("insert into image_attribute values(2, ?, 'same', 'x')", (i,))
    d.execute("insert into image_attribute values(2, ?, 'many', ?)", (i, "v%d" % (i % 20)))
    d.execute("insert into image_attribute values(2, ?, 'three', ?)", (i, "abc"[i % 3]))
d.commit()
END
    # shellcheck disable=SC2086
    {
        run -q eval $random --task clean --probe-for marker --json && above "$planted" "$(figure auc 1)" && above "$(figure hi 1)" "$(figure lo 1)"
        verdict $? "where none is drawn it is told less: as far as the finding is that it goes with"
        run -q eval $random --task clean --probe-for "$(seq -s , -f coin%.0f 0 39)" --json &&
            [ "$(grep -c '"told": true' "$dir/out")" -le 4 ] && [ "$(grep -c '"told": false' "$dir/out")" -ge 36 ]
        verdict $? "tosses of a coin are seldom told"
        run -q eval $random --task clean --probe-for same,three --json && [ "$(grep -c '"fact"' "$dir/out")" -eq 4 ] && [ "$(figure auc 1)" = null ] &&
            [ "$(figure told 1)" = false ] && [ "$(figure value 2)$(figure value 3)$(figure value 4)" = abc ]
        verdict $? "of three values each is a class; of one there is no area"
        refused 1 "have more than 16 values of it" "a fact of too many values" eval $random --task clean --probe-for many
    }
else
    skip "facts that are not in the pixels" "there is no python3 with sqlite3"
fi
finish
