/**
 * The vhost-user door (QEMU, docs/interop/vhost-user.rst): rings of a device that another shows.
 */
@NullMarked
package dev.javf.virtio.vhost;

import org.jspecify.annotations.NullMarked;
