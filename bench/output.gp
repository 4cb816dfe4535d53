# SPDX-License-Identifier: MIT
#
# Throughput as bars, in units of the floor's: more is better.
# gnuplot -e "data='output.plot.tsv'; picture='output.svg'" bench/output.gp

set terminal svg noenhanced size 960,440 font "sans-serif,13" background "white"
set output picture
set datafile separator "\t"

bars = 6
array name[bars] = ["ward", "program | cat", "popen + fread", "GSubprocess", "libuv", \
	"Python subprocess"]
colors = "#0072b2 #999999 #e69f00 #d55e00 #56b4e9 #009e73"

group(s) = s eq "capture" ? 0 : s eq "pieces" ? 1 : s eq "discard" ? 2 : \
	s eq "file" ? 3 : s eq "null" ? 4 : s eq "small" ? 5 : s eq "echo" ? 6 : NaN
width = 0.14
top = 1.75
at(k, s) = group(s) + (k - (bars + 1) / 2.0) * width
here(k) = strcol(2) eq name[k] ? at(k, strcol(1)) : NaN
high(y) = y > top ? top : y
above(y) = (y > 0.9 && y < 1 ? 1 : high(y)) + 0.04
text(y) = sprintf("%.2f", y)

set title "Take what a program writes: throughput, in units of a plain loop (the floor)"
set yrange [0:1.85]
set xrange [-0.55:6.55]
set ytics nomirror ("0" 0, "0.5" 0.5, "floor 1" 1, "1.5" 1.5)
set xtics nomirror scale 0 ("capture" 0, "... by 4 KiB" 1, "discard" 2, \
	"into a file" 3, "into /dev/null" 4, "small runs" 5, "echo" 6)
set grid ytics lc "#dddddd" lw 1
set border 3
set style fill solid noborder
set key below Left reverse samplen 1.5
set arrow from graph 0, first 1 to graph 1, first 1 nohead lc "#333333" front

plot for [k = 1:bars] data using \
	(here(k)):3:(here(k) - width * 0.45):(here(k) + width * 0.45):(0):(high($3)) \
	with boxxyerror lc rgb word(colors, k) title name[k], \
	for [k = 1:bars] data using (here(k)):(above($3)):(text($3)) \
	with labels font ",8" notitle
