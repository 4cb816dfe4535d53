# SPDX-License-Identifier: MIT
#
# Left, contained starts in units of a plain one; right, the end of trees, both axes
# logarithmic.
# gnuplot -e "data='job.plot.tsv'; picture='job.svg'" bench/job.gp

set terminal svg noenhanced size 960,460 font "sans-serif,13" background "white"
set output picture
set datafile separator "\t"
set datafile missing NaN
set border 3
set grid ytics lc "#dddddd" lw 1
set multiplot layout 1,2

bars = 8
array name[bars] = ["group", "keeper", "pidns", "cgroup", "group, new job", \
	"keeper, new job", "pidns, new job", "cgroup, new job"]
array place[bars] = [0, 1, 2, 3, 0, 1, 2, 3]
here(k) = strcol(1) eq "starts" && strcol(2) eq "small" && strcol(3) eq name[k] ? \
	place[k] + (k > 4 ? 0.2 : -0.2) : NaN
top = 6
high(y) = y > top ? top : y

set title "Start contained and wait: time, of a plain start's"
set yrange [0:top + 0.4]
set xrange [-0.6:3.6]
set ytics nomirror 1
set xtics nomirror scale 0 ("group" 0, "keeper" 1, "pidns" 2, "cgroup" 3)
set style fill solid noborder
set key top left Left reverse samplen 1.5
set arrow 1 from graph 0, first 1 to graph 1, first 1 nohead lc "#333333" front
plot for [k = 1:bars] data using \
	(here(k)):4:(here(k) - 0.18):(here(k) + 0.18):(0):(high($4)) with boxxyerror \
	lc rgb (k > 4 ? "#56b4e9" : "#0072b2") \
	title (k == 1 ? "one job for all" : k == 5 ? "a new job for each" : ""), \
	for [k = 1:bars] data using (here(k)):(high($4) + 0.2):(sprintf("%.2f", $4)) \
	with labels font ",10" notitle
unset arrow 1

lines = 7
array by[lines] = ["shell, pgrep -P", "shell, lists of children", "ward, keeper", \
	"ward, pidns", "ward, group", "ward, cgroup", "cgroup.kill by hand"]
colors = "#d55e00 #e69f00 #009e73 #56b4e9 #999999 #0072b2 #000000"
line(k) = strcol(1) eq "end" && strcol(3) eq by[k] ? $2 : NaN

set title "Kill a tree, until nobody is left"
set xlabel "processes"
set ylabel "milliseconds" offset 1
set logscale xy
set xrange [8:13000]
set yrange [*:*]
set xtics nomirror ("10" 10, "1,000" 1000, "10,000" 10000)
set ytics nomirror ("0.1" 0.1, "1" 1, "10" 10, "100" 100, "1,000" 1000, \
	"10,000" 10000)
set key bottom right Left reverse samplen 2
plot for [k = 1:lines - 1] data using (line(k)):4 with linespoints lw 2 pt 7 ps 0.6 \
	lc rgb word(colors, k) title by[k], \
	data using (line(lines)):4 with linespoints lw 2 dt 2 pt 6 ps 0.6 \
	lc rgb word(colors, lines) title by[lines]
unset multiplot
