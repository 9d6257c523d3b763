#include "engine/base/filesystem.h"

#include <stddef.h>
#include <sys/vfs.h>

/* f_type of file systems that other machines, or the host of a virtual one, may have mounted too. */
static const unsigned long network_types[] = {
    0x6969,     /* NFS */
    0x517b,     /* SMB */
    0xff534d42, /* CIFS */
    0xfe534d42, /* SMB2 */
    0x65735546, /* FUSE: sshfs and the like */
    0x01021997, /* 9P */
    0x00c36400, /* Ceph */
    0x0bd00bd3, /* Lustre */
    0x47504653, /* GPFS */
    0x19830326, /* BeeGFS */
    0x5346414f, /* AFS */
    0x73757245, /* Coda */
    0x7461636f, /* OCFS2 */
    0x01161970, /* GFS2 */
    0x786f4256, /* VirtualBox's shared folders */
    0xbacbacbc, /* VMware's */
};

static bool is_network(const struct statfs *f)
{
    for (size_t i = 0; i < sizeof network_types / sizeof network_types[0]; i++)
        if (((unsigned long)f->f_type & 0xffffffffUL) == network_types[i]) return true;
    return false;
}

bool filesystem_is_network(const char *path)
{
    struct statfs f;
    return statfs(path, &f) == 0 && is_network(&f);
}

bool filesystem_is_network_of(int fd)
{
    struct statfs f;
    return fstatfs(fd, &f) == 0 && is_network(&f);
}
