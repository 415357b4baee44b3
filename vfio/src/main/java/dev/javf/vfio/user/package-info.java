/**
 * The vfio-user protocol, both ends (QEMU, docs/interop/vfio-user.rst). {@link
 * dev.javf.vfio.user.VfioUserServer} serves a device model to anyone's client, a virtual machine
 * for one; {@link dev.javf.vfio.user.VfioUserDevice} drives a function that anyone serves.
 */
@NullMarked
package dev.javf.vfio.user;

import org.jspecify.annotations.NullMarked;
