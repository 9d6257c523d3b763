#!/bin/sh
# A disk without a free page: what a store holds can be listed, and the commands that make room still do.
# shellcheck source=tests/common.sh disable=SC2154
. "${srcdir:-.}/tests/common.sh"
disk=$dir/disk
# shellcheck disable=SC2317
clean_up() {
    umount "$disk" 2>/dev/null
    remove_all
}
free() { df -Pk "$disk" | awk 'NR == 2 { print $4 }'; }
fill() { dd if=/dev/zero of="$disk/fill" bs=4k 2>/dev/null; [ "$(free)" -eq 0 ]; }
trained="train --data a --name first --set model.width=4 --set data.size=32 --set optim.epochs=1 --set data.batch=8"
reserve() { [ -f "$MLVICX_HOME/reserve" ] && [ "$(du -k "$MLVICX_HOME/reserve" | cut -f 1)" -ge 512 ]; }

names="a store keeps a reserve
data sets and runs of a full disk are listed
a run of a full disk goes into the trash
the trash of a full disk is emptied
a data set is removed from a full disk
what an import left is removed from a full disk
the reserve comes back
a disk without plenty of room gets no reserve"
mkdir "$disk"
if ! mount -t tmpfs -o size=120m tmpfs "$disk" 2>/dev/null; then
    echo "$names" | while read -r name; do echo "ok - $name # SKIP nothing can be mounted here"; done
    echo "1..8"
    exit 0
fi
MLVICX_HOME=$disk/store
run data import phantom --patients 20 --size 32 --name a && run data import phantom --patients 20 --size 64 --name b &&
    run $trained && reserve
verdict $? "a store keeps a reserve"
fill && run data list && says "a  " && says "b  " && run runs && says first
verdict $? "data sets and runs of a full disk are listed"
run rm first --yes && reserve
verdict $? "a run of a full disk goes into the trash"
run rm --trash --yes && [ ! -d "$MLVICX_HOME/runs/1" ] && [ "$(free)" -gt 0 ] && reserve
verdict $? "the trash of a full disk is emptied"
fill && run data rm b --yes && ! run data show b && [ "$(free)" -gt 0 ]
verdict $? "a data set is removed from a full disk"
rm -f "$disk/fill"
head -c 400000 /dev/zero >"$MLVICX_HOME/packs/c.part"
fill && run data list && says "unfinished imports" && run data rm c && [ ! -e "$MLVICX_HOME/packs/c.part" ] && [ "$(free)" -gt 0 ]
verdict $? "what an import left is removed from a full disk"
rm -f "$disk/fill" "$MLVICX_HOME/reserve"
run data list && [ ! -e "$MLVICX_HOME/reserve" ] && run data import phantom --patients 2 --size 32 --name d && reserve
verdict $? "the reserve comes back"
rm -f "$MLVICX_HOME/reserve"
fill && truncate -s -4M "$disk/fill" && run data rm d --yes && run data import phantom --patients 2 --size 32 --name e &&
    [ ! -e "$MLVICX_HOME/reserve" ]
verdict $? "a disk without plenty of room gets no reserve"
finish
