"""Replies of Foscam cameras as field notes give them, for what was never recorded whole."""

from __future__ import annotations

LOG = (
    rb"var log_text='Thu, 1970-01-01 00:00:12   system start\n"
    rb"Sun, 2015-01-13 13:31:35   USER       192.168.1.11      access\n"
    rb"Sun, 2015-01-13 13:31:35   USER       192.168.1.11      access\n"
    rb"Tue, 2015-01-13 13:31:40              203.0.113.9      access\n"
    rb"Tue, 2015-01-13 13:31:41   o'neil';   203.0.113.9      illegal user\n"
    rb"Tue, 2015-01-13 13:32:00   motion detect\n"
    rb"Tue, 2015-01-13 13:32:01   10.0.0.1   203.0.113.9      hums\n';"
)
HD_LOG = (
    b"<CGI_Result><result>0</result><totalCnt>3</totalCnt><curCnt>3</curCnt>"
    b"<log0>1441800000%2Badmin%2B167880896%2B3</log0>"
    b"<log1>1441799990%2Ba%2Bb%2B-932118325%2B4</log1>"
    b"<log2>12%2Broot%2B16777343%2B0</log2></CGI_Result>"
)
HD_DEVICE = (
    b"<CGI_Result>\n  <result>0</result>\n  <productName>FI9900P</productName>\n  <serialNo>1</serialNo>\n"
    b"  <devName>Front%20door</devName>\n  <mac>00626E4C1234</mac>\n  <year>2015</year>\n  <mon>9</mon>\n  <day>9</day>\n"
    b"  <hour>12</hour>\n  <min>0</min>\n  <sec>0</sec>\n  <timeZone>-3600</timeZone>\n"
    b"  <firmwareVer>2.74.1.59</firmwareVer>\n  <hardwareVer>1.11.2.7</hardwareVer>\n</CGI_Result>\n"
)
HD_SESSIONS = b"<CGI_Result><result>0</result><usrCnt>2</usrCnt><usr1>admin%2B192.168.1.5</usr1><usr2>a%2Bb%2B203.0.113.9</usr2></CGI_Result>"
HD_ACCOUNTS = b"<CGI_Result><result>0</result><usrCnt>2</usrCnt><usr1>admin%2B2</usr1><usr2>a+b%2B0</usr2></CGI_Result>"
HD_NETWORK = (
    b"<CGI_Result><result>0</result><isDHCP>1</isDHCP><ip>192.168.1.8</ip><gate>192.168.1.1</gate><mask>255.255.255.0</mask>"
    b"<dns1>192.168.1.1</dns1><dns2>0.0.0.0</dns2><webPort>88</webPort><httpsPort>443</httpsPort><mediaPort>88</mediaPort>"
    b"<onvifPort>888</onvifPort><ipList0>167880896</ipList0><ipList1>-932118325</ipList1></CGI_Result>"
)
HD_STATE = b"<CGI_Result><result>0</result><IOAlarm>0</IOAlarm><motionDetectAlarm>2</motionDetectAlarm></CGI_Result>"
