/** The counters file: counters in memory that other processes can map, and how they read it. */
@NullMarked
package dev.javf.daemon.counters;

import org.jspecify.annotations.NullMarked;
