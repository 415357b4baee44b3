/**
 * The structures that the kernel's VFIO and vfio-user share (vfio.h), with exact lengths. For this
 * module alone.
 */
@NullMarked
package dev.javf.vfio.wire;

import org.jspecify.annotations.NullMarked;
