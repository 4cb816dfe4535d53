# SPDX-License-Identifier: MIT
#
# The ratios to the floor as bars. fork in a big parent is hundreds of times the floor: such
# bars leave the picture at the top, and their number says how high they would be.
# gnuplot -e "data='plot.tsv'; picture='spawn.svg'" bench/spawn.gp

set terminal svg noenhanced size 960,440 font "sans-serif,13" background "white"
set output picture
set datafile separator "\t"

bars = 5
array name[bars] = ["ward", "ward, signals inherited", "posix_spawn + waitpid", \
	"vfork + exec + waitpid", "fork + exec + waitpid"]
colors = "#0072b2 #56b4e9 #e69f00 #999999 #d55e00"

group(s, p) = s eq "static" ? 0 : s eq "dynamic" ? 1 : \
	s eq "memory" && p[1:1] eq "1" ? 2 : s eq "memory" && p[1:1] eq "4" ? 3 : \
	s eq "descriptors" && p[1:2] eq "10" ? 4 : NaN
width = 0.165
top = 2.5
at(k, s, p) = group(s, p) + (k - (bars + 1) / 2.0) * width
here(k) = strcol(3) eq name[k] ? at(k, strcol(1), strcol(2)) : NaN
high(y) = y > top ? top : y
above(y) = (y > 0.85 && y < 1 ? 1 : high(y)) + 0.07
text(y) = y >= 10 ? sprintf("%.0f", y) : sprintf("%.2f", y)

set title "Start a program and wait for it: time, in units of the bare system calls (the floor)"
set yrange [0:2.7]
set xrange [-0.55:4.55]
set ytics nomirror ("0" 0, "0.5" 0.5, "floor 1" 1, "1.5" 1.5, "2" 2)
set xtics nomirror scale 0 ("static program" 0, "dynamic program" 1, \
	"1 GiB parent" 2, "4 GiB parent" 3, "10,000 descriptors" 4)
set grid ytics lc "#dddddd" lw 1
set border 3
set style fill solid noborder
set key below Left reverse samplen 1.5
set arrow from graph 0, first 1 to graph 1, first 1 nohead lc "#333333" front

plot for [k = 1:bars] data using \
	(here(k)):4:(here(k) - width * 0.45):(here(k) + width * 0.45):(0):(high($4)) \
	with boxxyerror lc rgb word(colors, k) title name[k], \
	for [k = 1:bars] data using (here(k)):(above($4)):(text($4)) \
	with labels font ",9" notitle
